// Package eval measures the matcher on files of FAQs and labelled messages.
package eval
