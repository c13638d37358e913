package ledger

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRepairs are the texts in full: somebody will do what they say, at night.
func TestRepairs(t *testing.T) {
	t.Parallel()
	const user = "tg:{acme}:b:acme.chat.eng.ann"
	tests := []struct {
		name       string
		key, field string
		want       string
	}{
		{"all windows", "tg:{acme}:open", "",
			"restore it from a backup: it holds what every budget of the organization has spent and holds, so without it they all begin at nothing"},
		{"one window", "tg:{acme}:open", user,
			"restore the field from a backup; if there is none, remove this one field (HDEL tg:{acme}:open " + user + "): what this budget has spent and holds in its open window is lost"},
		{"one hold", "tg:{acme}:open", "request-1",
			"restore the field from a backup; if there is none, remove this one field (HDEL tg:{acme}:open request-1): this request is not charged, and what it holds stays held until its windows end"},
		{"all deadlines", "tg:{acme}:due", "",
			"restore it from a backup: it says when holds are to be charged, so without it those of gateways that never came back stay held"},
		{"all calendars", "tg:{acme}:cal", "",
			"move it aside (RENAME tg:{acme}:cal tg:{acme}:cal-damaged): it is written again with the limits, within ten minutes, and nothing is lost"},
		{"one calendar", "tg:{acme}:cal", "month",
			"restore the field from a backup; if there is none, remove this one field (HDEL tg:{acme}:cal month): it is written again with the limits, within ten minutes, and nothing is lost"},
		{"the users", "tg:{acme}:touched", "",
			"move it aside (RENAME tg:{acme}:touched tg:{acme}:touched-damaged): it is written again with the limits, within ten minutes; users who are not listed are shown again when they spend next"},
		{"a node", user, "",
			"restore it from a backup; if there is none, move it aside (RENAME " + user + " " + user + "-damaged): limits are written again within ten minutes; what closed windows had spent, and since when the budget is used, is lost"},
		{"a limit", user, "lim",
			"restore the field from a backup; if there is none, remove this one field (HDEL " + user + " lim): it is written again with the limits, within ten minutes, and nothing is lost"},
		{"closed windows", user, "c",
			"restore the field from a backup; if there is none, remove this one field (HDEL " + user + " c): what earlier windows had spent is lost"},
		{"the first use", user, "t0",
			"restore the field from a backup; if there is none, remove this one field (HDEL " + user + " t0): it is no longer known since when the budget is used"},
		{"the limit that a window keeps", user, "wl",
			"restore the field from a backup; if there is none, remove this one field (HDEL " + user + " wl): the user is refused until the open window ends"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := &CorruptError{Key: tt.key, Field: tt.field, Reason: reasonField}
			got := err.Repair()
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
			if strings.Contains(strings.ReplaceAll(got, "HDEL ", ""), "DEL ") || strings.Contains(got, "delete") {
				t.Errorf("it advises to delete a key: %s", got)
			}
		})
	}
}
