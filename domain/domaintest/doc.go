// Package domaintest lets a test of a decision read as a rule: given these events, when this is asked, then that follows.
package domaintest
