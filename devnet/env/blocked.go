// SPDX-License-Identifier: CDDL-1.0

package env

// Blocked returns how a thread that waits at the named operation looks in a crash dump: its
// state, the kind of synchronisation object, and the frames of the kernel above the caller,
// innermost first. The last result tells whether threads wait at the operation at all.
func Blocked(op string) (state, sobj string, frames []string, ok bool) {
	const (
		mutex, rwlock, cv, shuttle, none = "MUTEX", "RWLOCK", "CV", "SHUTTLE", "<none>"
	)
	sleep := func(sobj string, frames ...string) (string, string, []string, bool) {
		return "SLEEP", sobj, frames, true
	}
	switch op {
	case "mutex_enter", "mutex_enter (waiting)":
		return sleep(mutex, "swtch", "turnstile_block", "mutex_vector_enter")
	case "rw_enter R", "rw_enter W", "rw_enter R (waiting)", "rw_enter W (waiting)":
		return sleep(rwlock, "swtch", "turnstile_block", "rw_enter_sleep")
	case "cv_wait (waiting)":
		return sleep(cv, "swtch", "cv_wait")
	case "cv_wait (mutex_enter)":
		return sleep(mutex, "swtch", "turnstile_block", "mutex_vector_enter", "cv_wait")
	case "perim_enter", "perim_enter (waiting)":
		return sleep(cv, "swtch", "cv_wait", "i_mac_perim_enter")
	case "mac_notify_remove (walk)":
		return sleep(cv, "swtch", "cv_wait", "mac_notify_remove")
	case "i_mac_notify_thread (waiting)":
		return sleep(cv, "swtch", "cv_wait", "i_mac_notify_thread")
	case "kstat_hold", "kstat_hold (waiting)":
		return sleep(cv, "swtch", "cv_wait", "kstat_hold")
	case "door_upcall (reply)":
		return sleep(shuttle, "swtch_to", "shuttle_resume", "door_upcall")
	case "delay":
		return sleep(cv, "swtch", "cv_timedwait_hires", "delay_common", "delay")
	case "holdlwps (waiting)":
		return sleep(cv, "swtch", "cv_wait", "holdlwps")
	case "issig (stopped)":
		return "STOPPED", none, []string{"swtch", "stop", "issig_forreal"}, true
	case "zone_shutdown (waiting)":
		return sleep(cv, "swtch", "cv_wait", "zone_shutdown")
	case "zone_destroy (waiting)":
		return sleep(cv, "swtch", "cv_wait", "zone_destroy")
	case "dlmgmt_table_lock R", "dlmgmt_table_lock W":
		// A lock of a process: its threads park in the kernel.
		return sleep(cv, "swtch", "cv_wait_sig_swap_core", "cv_wait_sig_swap", "lwp_park", "syslwp_park")
	case "barrier (waiting)", "dlmgmtd start (old process remains)", "thread_join", "quiesce":
		// Of the scenario, smf and the simulator, which no kernel knows of.
		return sleep(none)
	}
	return "", "", nil, false
}
