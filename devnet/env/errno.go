// SPDX-License-Identifier: CDDL-1.0

package env

import "strconv"

// Errno is an error number of the illumos kernel; 0 is success.
type Errno int

// The errnos that the port and its neighbours return.
const (
	EPERM     Errno = 1
	ENOENT    Errno = 2
	EINTR     Errno = 4
	EIO       Errno = 5
	ENXIO     Errno = 6
	EBADF     Errno = 9
	EAGAIN    Errno = 11
	ENOMEM    Errno = 12
	EACCES    Errno = 13
	EBUSY     Errno = 16
	EEXIST    Errno = 17
	EINVAL    Errno = 22
	ENOSPC    Errno = 28
	ENOTEMPTY Errno = 93
)

// Errnos lists the named errnos in ascending order.
func Errnos() []Errno {
	return []Errno{
		EPERM, ENOENT, EINTR, EIO, ENXIO, EBADF, EAGAIN, ENOMEM, EACCES, EBUSY, EEXIST, EINVAL,
		ENOSPC, ENOTEMPTY,
	}
}

// String returns the name, "0" for success.
func (e Errno) String() string {
	switch e {
	case EPERM:
		return "EPERM"
	case ENOENT:
		return "ENOENT"
	case EINTR:
		return "EINTR"
	case EIO:
		return "EIO"
	case ENXIO:
		return "ENXIO"
	case EBADF:
		return "EBADF"
	case EAGAIN:
		return "EAGAIN"
	case ENOMEM:
		return "ENOMEM"
	case EACCES:
		return "EACCES"
	case EBUSY:
		return "EBUSY"
	case EEXIST:
		return "EEXIST"
	case EINVAL:
		return "EINVAL"
	case ENOSPC:
		return "ENOSPC"
	case ENOTEMPTY:
		return "ENOTEMPTY"
	}
	return strconv.Itoa(int(e))
}

// ParseErrno returns the errno with the given name.
func ParseErrno(name string) (Errno, bool) {
	for _, e := range Errnos() {
		if e.String() == name {
			return e, true
		}
	}
	return 0, false
}
