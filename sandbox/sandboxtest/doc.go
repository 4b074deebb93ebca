// Package sandboxtest gives tests a sandbox of their own and unmodified whatsmeow clients that talk with it.
package sandboxtest
