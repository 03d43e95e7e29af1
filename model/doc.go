// SPDX-License-Identifier: CDDL-1.0

// Package model is the specification of the datalink table: what each operation may answer in each
// state, written from the meaning of the operations and not from the port. It judges histories:
// who called what, when it returned, and what it answered.
//
// A history is right if its operations can be put in an order that respects their intervals and in
// which a single thread could have got the same answers (linearizability). Three things make this
// more than a plain table:
//
//   - Operations that are not atomic in the kernel (create, destroy, rename with its kstats, the
//     moves between zones) are lists of steps, each atomic, that happen in order within the
//     operation's interval. Some have a step at the very moment of their return: a delete that
//     waits has left no temporary reference.
//   - What the kernel may give for reasons of its own (EBUSY because somebody has the link open for
//     a moment), and what is not known (an upcall that was interrupted after it may have been
//     carried out), are sets of states. They are allowed only where the history has their cause: an
//     operation in progress at the same time, a signal, a daemon that was gone, a fault.
//   - Operations that had not returned when the history was cut off may have happened or not.
//
// The rules are in the files rules_*.go, one for each group of operations; each has the sentence
// that allows it and where that comes from. Porcupine is the judge. Because most histories are
// explained by the first order one would try, that is tried first; see quick.go. What cannot be
// explained is explained as far as it goes by explain.go.
//
// The package knows the words of the kernel (package env) and nothing of the port.
package model
