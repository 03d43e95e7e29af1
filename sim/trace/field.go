// SPDX-License-Identifier: CDDL-1.0

package trace

import (
	"fmt"
	"strconv"
	"strings"
)

// field is one line "name: value" of a section, in the order of the file.
type field struct {
	name string
	get  func() string
	set  func(string) error
}

// headerFields is the single list of what a header holds; version is checked apart.
func headerFields(h *Header, version *int, sourceLen *int) []field {
	return []field{
		integer("format", version),
		text("tool", &h.Tool),
		text("scenario", &h.Scenario),
		text("scenario-hash", &h.ScenarioHash),
		integer("scenario-bytes", sourceLen),
		text("port-hash", &h.PortHash),
		text("kernel", &h.Kernel),
		text("strategy", &h.Strategy),
		unsigned("seed", &h.Seed, 10),
		integer("schedule", &h.Schedule),
		integer("steps-max", &h.StepsMax),
		words("checks", &h.Checks),
		words("kinds", &h.Kinds),
	}
}

func violationFields(v *Violation) []field {
	return []field{
		text("kind", (*string)(&v.Kind)),
		text("signature", &v.Signature),
		text("message", &v.Message),
		integer("step", &v.Step),
		unsigned("digest", &v.Digest, 16),
	}
}

func text(name string, p *string) field {
	return field{name, func() string { return quote(*p, "") }, func(s string) (err error) {
		*p, err = unquote(s)
		return err
	}}
}

func integer[T int | int64](name string, p *T) field {
	return field{
		name, func() string { return strconv.FormatInt(int64(*p), 10) },
		func(s string) error {
			n, err := strconv.ParseInt(s, 10, 64)
			if err != nil || n < 0 {
				return fmt.Errorf("%q is not a number", s)
			}
			*p = T(n)
			return nil
		},
	}
}

func unsigned(name string, p *uint64, base int) field {
	return field{
		name, func() string { return strconv.FormatUint(*p, base) },
		func(s string) error {
			n, err := strconv.ParseUint(s, base, 64)
			if err != nil {
				return fmt.Errorf("%q is not a number", s)
			}
			*p = n
			return nil
		},
	}
}

// words is a list of words without spaces in them.
func words(name string, p *[]string) field {
	return field{name, func() string { return strings.Join(*p, " ") }, func(s string) error {
		*p = strings.Fields(s)
		return nil
	}}
}

// quote returns s as it is written: as it is, or as a Go string if it is empty, holds
// control characters, a quote, or one of the characters in also, or begins or ends with
// a space.
func quote(s, also string) string {
	odd := s == "" || s[0] == ' ' || s[len(s)-1] == ' ' || strings.ContainsAny(s, "\"\\"+also)
	for _, c := range s {
		odd = odd || c < ' ' || c == 0x7f || c == '\uFFFD' || !strconv.IsPrint(c)
	}
	if odd {
		return strconv.Quote(s)
	}
	return s
}

func unquote(s string) (string, error) {
	if !strings.HasPrefix(s, `"`) {
		return s, nil
	}
	u, err := strconv.Unquote(s)
	if err != nil {
		return "", fmt.Errorf("bad quoting: %s", s)
	}
	return u, nil
}
