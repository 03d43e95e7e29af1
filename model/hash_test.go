// SPDX-License-Identifier: CDDL-1.0

package model

import (
	"reflect"
	"slices"
	"testing"

	"dlsim/devnet/env"
)

// TestHash: each field that the specification looks at makes a difference, and what only reports tell does not.
func TestHash(t *testing.T) {
	of := func(change func(*Operation)) uint64 {
		o := Operation{Thread: "a", Op: Hold, Args: v0, Call: 1, Return: 2, Result: v0Hold}
		if change != nil {
			change(&o)
		}
		h := History{Ops: []Operation{at("b", 3, 4, Rele, v0Given, okay), o}}
		return h.Hash()
	}
	plain := of(nil)
	seen := map[uint64]string{plain: "nothing"}
	var fields func(path []int, v reflect.Type)
	fields = func(path []int, v reflect.Type) {
		for i := range v.NumField() {
			f, index := v.Field(i), append(slices.Clone(path), i)
			if f.Type.Kind() == reflect.Struct {
				fields(index, f.Type)
				continue
			}
			got := of(func(o *Operation) { alter(t, reflect.ValueOf(o).Elem().FieldByIndex(index)) })
			if f.Name == "After" || f.Name == "Until" {
				if got != plain {
					t.Errorf("%s makes a difference", f.Name)
				}
				continue
			}
			if was, ok := seen[got]; ok {
				t.Errorf("a change of %s is as one of %s", f.Name, was)
			}
			seen[got] = f.Name
		}
	}
	fields(nil, reflect.TypeFor[Operation]())
	if len(seen) < 20 {
		t.Errorf("%d fields made a difference", len(seen)-1)
	}
}

// alter gives a field another value.
func alter(t *testing.T, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(v.String() + "x")
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Slice:
		v.Set(reflect.ValueOf([]env.LinkID{9}))
	case reflect.Uint8, reflect.Uint32:
		v.SetUint(v.Uint() + 1)
	case reflect.Int, reflect.Int64:
		v.SetInt(v.Int() + 7)
	default:
		t.Fatalf("a field of kind %v", v.Kind())
	}
}
