// SPDX-License-Identifier: CDDL-1.0

// Package sim is a deterministic simulator of threads: a World runs one schedule of a
// program whose threads are coroutines, and a Strategy decides every interleaving.
//
// # Pending operations
//
// A thread never tries. Before each operation that another thread could notice it
// publishes what it is about to do (an OpType on an Object) and whether that can happen
// now; the Strategy picks one of the threads that can go on, and the picked operation is
// then carried out in one piece, together with the local code up to the thread's next
// operation. So at every moment the world knows what each thread would do next, a blocked
// thread costs nothing, and a wait-for graph is exact at the step that closes a cycle.
//
// The pick is made inline by the thread that has just published. If it picks itself it
// simply returns; only a change of thread costs a switch of coroutines. When a single
// thread is enabled nothing is asked of the strategy and nothing is recorded.
//
// # Determinism
//
// A schedule is a pure function of the program and of the strategy's answers to Pick and
// Choose. Nothing in a world reads a clock, a global random source, or the order of a map,
// and no goroutine runs outside internal/coro. A World has no package-level state: two of
// them can run in two goroutines.
//
// # Fast and detailed runs
//
// Exploring keeps only the choices, two running hashes and a step count, without
// allocating. Whoever wants to know more (sites, who holds what since which step, the list
// of events) runs the same choices again with Config.Detail set.
//
// Package sim knows nothing of locks or of any protocol: those live in ksync and above,
// built on Thread.Step, Thread.Block, World.Enable and World.Disable.
package sim
