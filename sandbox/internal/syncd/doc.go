// Package syncd seals and checks patches of an account's app state, the settings its devices share.
package syncd
