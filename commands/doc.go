// Package commands holds one file per thing somebody can ask for. A command loads a stream, folds it, lets the domain
// decide and appends what was decided. It never calls the network and never waits for anything but the log.
package commands
