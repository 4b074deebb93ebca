// Package webpush sends alerts to browsers through their push services (RFC 8030): encrypted to the browser (RFC 8291), signed
// with the installation's key (RFC 8292).
package webpush
