// SPDX-License-Identifier: CDDL-1.0

package sim

// Queue is a list of threads in the order they came, linked through the threads
// themselves, so that it never allocates. A thread is in at most one queue: the one of the
// object that its pending operation is about. The zero value is empty.
type Queue struct {
	head, tail *Thread
	n          int
}

// Len returns the number of threads in the queue.
func (q *Queue) Len() int { return q.n }

// First returns the thread that came first, or nil.
func (q *Queue) First() *Thread { return q.head }

// After returns the thread that came after t in its queue, or nil.
func (q *Queue) After(t *Thread) *Thread { return t.qnext }

// At returns the i-th thread of the queue, 0 <= i < Len().
func (q *Queue) At(i int) *Thread {
	t := q.head
	for ; i > 0; i-- {
		t = t.qnext
	}
	return t
}

// Push adds t, which must be in no queue, at the end.
func (q *Queue) Push(t *Thread) {
	if t.queue != nil {
		panic("engine bug: thread " + t.Name() + " queued twice")
	}
	t.queue, t.qprev, t.qnext = q, q.tail, nil
	if q.tail != nil {
		q.tail.qnext = t
	} else {
		q.head = t
	}
	q.tail = t
	q.n++
}

// Remove takes t out of the queue.
func (q *Queue) Remove(t *Thread) {
	if t.queue != q {
		panic("engine bug: thread " + t.Name() + " is not in this queue")
	}
	if t.qprev != nil {
		t.qprev.qnext = t.qnext
	} else {
		q.head = t.qnext
	}
	if t.qnext != nil {
		t.qnext.qprev = t.qprev
	} else {
		q.tail = t.qprev
	}
	t.queue, t.qprev, t.qnext = nil, nil, nil
	q.n--
}

// Reset empties the queue without touching threads, which a new schedule resets itself.
func (q *Queue) Reset() { *q = Queue{} }
