// SPDX-License-Identifier: CDDL-1.0

package devnet_test

import "regexp"

// tokenRow finds a use of shared state, or a call that the port must have, in a statement.
// $1 and so on in the name are the groups of the pattern.
type tokenRow struct {
	pattern *regexp.Regexp
	name    string
}

func tokenTable(rows [][2]string) []tokenRow {
	var table []tokenRow
	for _, row := range rows {
		table = append(table, tokenRow{regexp.MustCompile(row[0]), row[1]})
	}
	return table
}

// tokens returns what the rows of a table find in a statement.
func tokens(table []tokenRow, text string) []string {
	var found []string
	for _, row := range table {
		for _, m := range row.pattern.FindAllStringSubmatchIndex(text, -1) {
			found = append(found, string(row.pattern.ExpandString(nil, row.name, text, m)))
		}
	}
	return found
}

// cTable gives the tokens of the original, except accesses to variables and fields and calls
// of its own functions.
var cTable = tokenTable([][2]string{
	{`\b(mutex_\w+)\(&(?:ddp->)?(\w+)`, "$1 $2"},
	{`\brw_enter\(&(\w+), (\w+)\)`, "rw_enter $1 $2"},
	{`\b(rw_(?:exit|init|destroy))\(&(\w+)`, "$1 $2"},
	{`\bcv_wait\(&ddp->(\w+), &ddp->(\w+)\)`, "cv_wait $1 $2"},
	{`\b(cv_(?:init|destroy|signal|broadcast))\(&ddp->(\w+)`, "$1 $2"},
	{`\btaskq_dispatch\((\w+)`, "taskq_dispatch $1"},
	{`\b(\w+) = mod_hash_create_\w+\(`, "mod_hash_create $1"},
	{`\b(mod_hash_(?:find|insert|remove|destroy_hash))\((\w+)`, "$1 $2"},
	{`\b(kmem_\w+)\(`, "$1"},
	{`\b(VERIFY)0?\(`, "$1"},
	{`\b(ASSERT)0?\(`, "$1"},
	{
		`\b((?:door_ki|kstat|dls_stat|mac|dls_link|softmac|netstack|iptun|ddi)_\w+|` +
			`netstackid_to_zoneid|zone_(?:datalink_walk|find_by_id|status_get|rele)|delay|cmn_err)\(`, "$1",
	},
	{`\b(MAC_PERIM_HELD|DLS_MINOR2INST|DLS_PPA2MINOR|IS_IPTUN_LINK|DD_NOT_VISIBLE)\(`, "$1"},
	{`\b(DD_CONDEMNED|DD_IMPLICIT_IPTUN|DD_INITIALIZING|sys_shutdown|MH_ERR_NOTFOUND)\b`, "$1"},
	{`\b(?:crgetzoneid\(CRED\(\)\)|CRED\(\)|zone_kcred\(\)|getzoneid\(\))`, "current zone"},
})

// goTable gives for each expression of the port the token of the original that it ports.
var goTable = tokenTable([][2]string{
	{`\.ddMutex\.Init\(`, "mutex_init dd_mutex"},
	{`\.ddMutex\.Destroy\(`, "mutex_destroy dd_mutex"},
	{`\.ddMutex\.Enter\(`, "mutex_enter dd_mutex"},
	{`\.ddMutex\.Exit\(`, "mutex_exit dd_mutex"},
	{`\.mgmtLock\.Init\(`, "mutex_init i_dls_mgmt_lock"},
	{`\.mgmtLock\.Destroy\(`, "mutex_destroy i_dls_mgmt_lock"},
	{`\.mgmtLock\.Enter\(`, "mutex_enter i_dls_mgmt_lock"},
	{`\.mgmtLock\.Exit\(`, "mutex_exit i_dls_mgmt_lock"},
	{`\.devnetLock\.Init\(`, "rw_init i_dls_devnet_lock"},
	{`\.devnetLock\.Destroy\(`, "rw_destroy i_dls_devnet_lock"},
	{`\.devnetLock\.EnterRead\(`, "rw_enter i_dls_devnet_lock RW_READER"},
	{`\.devnetLock\.EnterWrite\(`, "rw_enter i_dls_devnet_lock RW_WRITER"},
	{`\.devnetLock\.Exit\(`, "rw_exit i_dls_devnet_lock"},
	{`\.ddCv\.Init\(`, "cv_init dd_cv"},
	{`\.ddCv\.Destroy\(`, "cv_destroy dd_cv"},
	{`\.ddCv\.Signal\(`, "cv_signal dd_cv"},
	{`\.ddCv\.Broadcast\(`, "cv_broadcast dd_cv"},
	{`\.ddCv\.Wait\(t, &ddp\.At\(t\)\.ddMutex\)`, "cv_wait dd_cv dd_mutex"},
	{`\.Taskq\.Dispatch\(`, "taskq_dispatch system_taskq"},
	{`\bksync\.Delay\(`, "delay"},
	{`\bksync\.CmnErr\(`, "cmn_err"},
	{`\bverify\(`, "VERIFY"},
	{`\bd\.assert\(`, "ASSERT"},
	{`\bmhErrNotFound\b`, "MH_ERR_NOTFOUND"},
	{`\bd\.cache\.Init\(`, "kmem_cache_create"},
	{`\bd\.cache\.Destroy\(`, "kmem_cache_destroy"},
	{`\bd\.cache\.Alloc\(`, "kmem_cache_alloc"},
	{`\bd\.cache\.Free\(`, "kmem_cache_free"},
	{`&dlsStack\{`, "kmem_zalloc"},
	{`\bdlssZoneid: stackid\b`, "netstackid_to_zoneid"},
	{`\.dlssZoneid = -1`, "kmem_free"},
	{`\bd\.Door\.Open\(`, "door_ki_open"},
	{`\bd\.Door\.Upcall\(`, "door_ki_upcall_limited"},
	{`\b(?:dh|mgmtDh)\.Hold\(`, "door_ki_hold"},
	{`\b(?:dh|mgmtDh)\.Rele\(`, "door_ki_rele"},
	{`\bdh\.Revoked\(`, "door_ki_info"},
	{`\bd\.Kstat\.Delete\(`, "kstat_delete"},
	{`\bd\.dlsStatCreate\(`, "dls_stat_create"},
	{`\bd\.dlsStatUpdate\(`, "dls_stat_update"},
	{`\bd\.MAC\.PerimEnterByMH\(`, "mac_perim_enter_by_mh"},
	{`\bd\.MAC\.PerimEnterByMacname\(`, "mac_perim_enter_by_macname"},
	{`\bd\.MAC\.PerimEnterByLinkid\(`, "mac_perim_enter_by_linkid"},
	{`\bd\.MAC\.PerimExit\(`, "mac_perim_exit"},
	{`\.PerimHeld\(`, "MAC_PERIM_HELD"},
	{`\bmh\.Name\b`, "mac_name"},
	{`\bd\.MAC\.Open\(`, "mac_open"},
	{`\bd\.MAC\.Close\(`, "mac_close"},
	{`\bd\.MAC\.RenamePrimary\(`, "mac_rename_primary"},
	{`\bd\.MAC\.MarkExclusive\(`, "mac_mark_exclusive"},
	{`\bd\.MAC\.UnmarkExclusive\(`, "mac_unmark_exclusive"},
	{`\bd\.Links\.Find\(`, "mod_hash_find i_dls_link_hash"},
	{`\bd\.Links\.Hold\(`, "dls_link_hold"},
	{`\bd\.Links\.HoldCreate\(`, "dls_link_hold_create"},
	{`\bd\.Links\.Rele\(`, "dls_link_rele"},
	{`\bd\.Links\.ReleByName\(`, "dls_link_rele_by_name"},
	{`\bd\.Links\.SetZid\(`, "dls_link_setzid"},
	{`\bd\.Links\.Dev\(`, "dls_link_dev"},
	{`\bd\.Softmac\.Recreate\(`, "softmac_recreate"},
	{`\bd\.Softmac\.HoldDevice\(`, "softmac_hold_device"},
	{`\bd\.Softmac\.ReleDevice\(`, "softmac_rele_device"},
	{`\bd\.DDI\.MajorToName\(`, "ddi_major_to_name"},
	{`\bd\.DDI\.NameToMajor\(`, "ddi_name_to_major"},
	{`\bd\.DDI\.HoldDeviByInstance\(`, "ddi_hold_devi_by_instance"},
	{`\bd\.DDI\.ReleaseDevi\(`, "ddi_release_devi"},
	{`\bddiParseDlen\(`, "ddi_parse_dlen"},
	{`\bdlsMinor2Inst\(`, "DLS_MINOR2INST"},
	{`\bdlsPpa2Minor\(`, "DLS_PPA2MINOR"},
	{`\bisIptunLink\(`, "IS_IPTUN_LINK"},
	{`\bddNotVisible\(`, "DD_NOT_VISIBLE"},
	{`\bddCondemned\b`, "DD_CONDEMNED"},
	{`\bddImplicitIptun\b`, "DD_IMPLICIT_IPTUN"},
	{`\bddInitializing\b`, "DD_INITIALIZING"},
	{`\bd\.SysShutdown\b`, "sys_shutdown"},
	{`\bd\.Zones\.DatalinkWalk\(`, "zone_datalink_walk"},
	{`\bd\.Zones\.FindByID\(`, "zone_find_by_id"},
	{`\bzp\.StatusGet\(`, "zone_status_get"},
	{`\bzp\.Rele\(`, "zone_rele"},
	{`\bd\.Zones\.NetstackRegister\(`, "netstack_register"},
	{`\bd\.Zones\.NetstackUnregister\(`, "netstack_unregister"},
	{`\bd\.Zones\.NetstackGetCurrent\(`, "netstack_get_current"},
	{`\bd\.Zones\.NetstackRele\(`, "netstack_rele"},
	{`\bd\.Iptun\.Create\(`, "iptun_create"},
	{`\bd\.Iptun\.Delete\(`, "iptun_delete"},
	{`\benv\.Of\(t\)\.Zone\b`, "current zone"},
	{`\bd\.mgmtDh = `, "write dls_mgmt_dh"},
	{`\bd\.needRebuild\.(?:Load|Get)\(`, "read devnet_need_rebuild"},
	{`\bd\.needRebuild\.(?:Store|Set|Poke)\(`, "write devnet_need_rebuild"},
})
