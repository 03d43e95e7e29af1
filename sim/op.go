// SPDX-License-Identifier: CDDL-1.0

package sim

import "strconv"

// Access says how an operation touches its object, which is all a strategy needs to tell
// whether two operations of different threads commute: they do unless they touch the same
// object and at least one is a Write.
type Access uint8

// The accesses.
const (
	Local Access = iota // touches nothing that another thread can see
	Read                // commutes with other reads of the object
	Write               // commutes with nothing on the object
	Add                 // commutes with other adds of the object; it counts
)

// Commutes reports whether two accesses to one object commute.
func (a Access) Commutes(b Access) bool { return a == Local || b == Local || a == b && a != Write }

// with returns what an event does to an object that it accesses both ways.
func (a Access) with(b Access) Access {
	switch {
	case a == Local || a == b:
		return b
	case b == Local:
		return a
	}
	return Write
}

func (a Access) String() string {
	switch a {
	case Read:
		return "read"
	case Write:
		return "write"
	case Add:
		return "add"
	}
	return "local"
}

// OpType describes a sort of operation ("mutex_enter"). Values are constants of the
// package that implements the primitive and are never changed.
type OpType struct {
	Name   string
	Access Access
	// Wait marks an operation that a thread is parked at, such as a queued rw_enter, and
	// that only another thread can let go on.
	Wait bool
	// Data marks the access to a variable, which synchronises nothing.
	Data bool
	// Acquire marks an operation, with access Write, that can run only while its object admits
	// it, as World.Admit says; until then its thread waits without having changed anything.
	Acquire Acquire
	// Queues marks an Acquire operation, with access Read or Write, that can run all the same, and then queues
	// its thread for the object, whose Resource must be a Line.
	Queues bool
	// Releases marks an operation, with access Read, that gives back what one that Queues has taken Shared: who
	// takes the object Exclusive then comes after it.
	Releases bool
	// Tries marks an operation that takes a lock, its object, only if that is free, and does not wait.
	Tries bool
	// Leaf marks an operation that takes a leaf lock, its object, and gives it back. What it does under it is told by
	// Thread.Within, and in a Trail with Sections it conflicts by that only.
	Leaf bool
	// Inside marks an operation that may be a part of the one before it, in which its thread took a guard:
	// see Object.Guard.
	Inside bool
	_      struct{}
}

// Acquire is a way to take an object.
type Acquire uint8

// What an operation takes its object for, and what an object admits.
const (
	Nobody    Acquire = iota // as the Acquire of an operation: it takes nothing
	Shared                   // with others; an object that admits it admits no Exclusive
	Exclusive                // alone; an object that admits it admits Shared too
)

// Resource is what an object tells a wait-for graph.
type Resource interface {
	// Blockers appends to buf every thread that must act before t, which is blocked at an
	// operation on this resource, can go on, and returns the extended slice. All of them
	// must act (AND-waiting), so a cycle through any is a deadlock. A resource that cannot
	// know who will act appends nothing.
	Blockers(t *Thread, buf []*Thread) []*Thread
}

// Line is a Resource that threads queue for.
type Line interface {
	Resource
	// Waits reports whether t would have to wait for another thread now if it acquired the object in way a.
	Waits(t *Thread, a Acquire) bool
}

// Outside is a Resource whose waiters may wait for somebody who is no thread, such as whoever continues a
// stopped process. Threads that all wait so do not hang.
type Outside interface {
	Resource
	// Outside reports whether t, which is blocked at an operation on this resource, does.
	Outside(t *Thread) bool
}

// Conditional is a Resource whose waiters wait for something to become true.
type Conditional interface {
	// Condition says in the program's words what t, which is blocked at an operation on the
	// resource, waits for, "" if it is not known, and whether that is so now.
	Condition(t *Thread) (what string, holds bool)
}

// Object is something that operations act on: a lock, a condition variable, a variable.
// It is embedded by the primitives and made ready, once per schedule, by World.Register.
type Object struct {
	class  string // "dd_mutex"; stable over schedules and edits of the program
	key    string // which one of the class, "" where there is only one: "vnic0"
	num    int32  // or its number, from 1; 0 for none
	id     int32  // order of registration, from 0
	res    Resource
	order  order
	guards uint8 // set of Acquire: see Guard
	life   *Life // of the buffer it is in
	// identity is what Identity says, but for the buffer; 0 while nobody has asked.
	identity uint64

	clocks   *syncClocks // in worlds with Config.Races
	accesses *accesses
}

// Class returns the name shared by all objects of this sort.
func (o *Object) Class() string { return o.class }

// Key returns what tells the object from others of its class, "" where a number or nothing does.
func (o *Object) Key() string { return o.key }

// ID returns the object's number in the order of registration in its world, from 0.
func (o *Object) ID() int { return int(o.id) }

// Resource returns what the object was registered with, or nil.
func (o *Object) Resource() Resource { return o.res }

// Name returns the class and what tells this object from others of its class:
// "i_dls_devnet_lock", "dd_mutex#2", "PERIM(net0)".
func (o *Object) Name() string {
	n := o.class
	if o.num > 0 {
		n += "#" + strconv.Itoa(int(o.num))
	}
	if o.key != "" {
		n += "(" + o.key + ")"
	}
	return n
}

// Label is what a name is made of: equal labels, equal names. It is the same in every
// schedule in which the object or thread is made in the same way, and costs nothing to make.
type Label struct {
	Class, Key string
	Num        int32
}

// Label returns the label of the object.
func (o *Object) Label() Label { return Label{o.class, o.key, o.num} }

// Register makes o an object of the world for the schedule that is running. key and num
// tell it from others of its class; pass "" and 0 where there is one only. res may be nil.
// It must be called again in each schedule, before the first operation on o.
func (w *World) Register(o *Object, class, key string, num int, res Resource) {
	o.class, o.key, o.num, o.res = class, key, int32(num), res
	o.id = w.objects
	o.order = order{}
	o.clocks, o.accesses, o.life, o.identity, o.guards = nil, nil, nil, 0, 0
	if w.trail != nil {
		o.order.thing = w.trail.thing()
	}
	w.objects++
}

// Op is a pending operation as strategies and checks see it.
type Op struct {
	Type   *OpType
	Object *Object // nil for operations on no object
}

func (o Op) String() string {
	if o.Type == nil {
		return "nothing"
	}
	if o.Object == nil {
		return o.Type.Name
	}
	return o.Type.Name + " " + o.Object.Name()
}

// The operations of the engine itself.
var (
	opStart   = &OpType{Name: "thread_start", Access: Local}
	opSpawn   = &OpType{Name: "thread_create", Access: Local}
	opJoin    = &OpType{Name: "thread_join", Access: Local, Wait: true}
	opYield   = &OpType{Name: "yield", Access: Local}
	opSleep   = &OpType{Name: "sleep", Access: Local, Wait: true}
	opQuiesce = &OpType{Name: "quiesce", Access: Local, Wait: true}
)
