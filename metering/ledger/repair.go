package ledger

import (
	"fmt"
	"strings"
)

// Repair says what to do about what is damaged, for an administrator of Redis,
// and what is lost if there is no backup. It never advises to delete a key: one
// of them holds what all budgets of an organization have spent.
func (e *CorruptError) Repair() string {
	if e.Reason == reasonEdited {
		return "it is right again when the limits are written next"
	}
	_, part, _ := strings.Cut(e.Key, "}:")
	if e.Field == "" {
		return e.repairKey(part)
	}
	return fmt.Sprintf("restore the field from a backup; if there is none, remove this one field (HDEL %s %s): %s", e.Key, e.Field, e.lost(part))
}

// repairKey is Repair for a whole key, which has another type than the ledger's.
func (e *CorruptError) repairKey(part string) string {
	aside := fmt.Sprintf("move it aside (RENAME %s %s-damaged)", e.Key, e.Key)
	switch part {
	case "open":
		return "restore it from a backup: it holds what every budget of the organization has spent and holds, so without it they all begin at nothing"
	case "due":
		return "restore it from a backup: it says when holds are to be charged, so without it those of gateways that never came back stay held"
	case "cal":
		return aside + ": it is written again with the limits, within ten minutes, and nothing is lost"
	case "touched":
		return aside + ": it is written again with the limits, within ten minutes; users who are not listed are shown again when they spend next"
	}
	return "restore it from a backup; if there is none, " + aside +
		": limits are written again within ten minutes; what closed windows had spent, and since when the budget is used, is lost"
}

// lost is what removing the field loses.
func (e *CorruptError) lost(part string) string {
	const written = "it is written again with the limits, within ten minutes, and nothing is lost"
	switch {
	case part == "open" && strings.HasPrefix(e.Field, keyStart):
		return "what this budget has spent and holds in its open window is lost"
	case part == "open":
		return "this request is not charged, and what it holds stays held until its windows end"
	case part == "cal":
		return written
	}
	switch e.Field {
	case "c", "T":
		return "what earlier windows had spent is lost"
	case "t0":
		return "it is no longer known since when the budget is used"
	case "wl", "wc":
		return "the user is refused until the open window ends"
	}
	return written
}
