// Package match decides which FAQ a customer's words ask for: answer, offer choices, or hand over.
//
// It is pure: an Index is built from a workspace's FAQs, never changes, needs no network and answers in
// milliseconds. How sure it is comes from a calibration fitted by the program in train.
package match
