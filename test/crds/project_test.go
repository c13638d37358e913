package crds

import (
	"fmt"
	"strings"
	"testing"
)

// project is a Project in YAML with these lines in its spec.
func project(spec ...string) string {
	return named("chat", spec...)
}

func named(name string, spec ...string) string {
	return fmt.Sprintf("apiVersion: tollgate.dev/v1alpha1\nkind: Project\nmetadata: {name: %q, namespace: acme-chat}\nspec:\n  organization: acme\n", name) +
		lines(spec)
}

func lines(spec []string) string {
	var b strings.Builder
	for _, l := range spec {
		b.WriteString("  " + l + "\n")
	}
	return b.String()
}

const (
	decimal  = `must be a plain decimal number of US dollars such as "2000" or "0.15": no sign, no exponent, no currency, at most nine decimals`
	reserved = "must not begin with metric, consumer, model or upstream: the gateway would cut its metric names there"
)

func TestProject(t *testing.T) {
	checkVerdicts(t, "projects", []verdict{
		{name: "the least", object: project()},
		{
			name: "everything",
			object: project(
				`budget: {limit: "2000", period: Monthly, timeZone: Europe/Berlin, anchor: {dayOfMonth: 31}, alertThresholds: [1, 80, 100], enforcement: Block}`,
				`groups:`,
				`- name: engineers`,
				`  models: ["gpt-4.1*", "deepseek/deepseek-chat:free", "*"]`,
				`  budget: {limit: "500", period: Weekly, anchor: {weekday: Sunday}}`,
				`  userBudget: {limit: "0.000000001", period: Daily, enforcement: Throttle}`,
				`  users: [{name: alice}, {name: Bob@acme.example, budget: {limit: "70", period: Total, enforcement: Alert}}]`,
				`- name: sales`,
			),
		},
		{name: "no organization", object: "metadata: {name: chat}\nspec: {}\n", wantErrors: []string{"spec.organization: Required"}},
		{name: "no spec", object: "metadata: {name: chat}\n", wantErrors: []string{"spec: Required"}},
		{name: "an unknown field", object: project(`budgets: {limit: "1"}`), wantErrors: []string{"unknown field"}},

		{name: "a name with a dot", object: named("chat.eu"), wantErrors: []string{"metadata.name must be a DNS label"}},
		{name: "a name that is too long", object: named(strings.Repeat("a", 64)), wantErrors: []string{"metadata.name must be a DNS label"}},
		{name: "a reserved name", object: named("metrics"), wantErrors: []string{"metadata.name " + reserved}},
		{name: "a reserved word inside a name", object: named("biometrics")},
		{name: "a group with a reserved prefix", object: project(`groups: [{name: models}]`), wantErrors: []string{"spec.groups[0].name: Invalid value", reserved}},
		{name: "a group that is a reserved word", object: project(`groups: [{name: upstream}, {name: consumer-eu}]`), wantErrors: []string{"spec.groups[0].name", "spec.groups[1].name"}},
		{name: "a group that is no label", object: project(`groups: [{name: Engineers}]`), wantErrors: []string{"must be a DNS label: lower-case letters, digits and hyphens"}},
		{name: "a group that ends in a hyphen", object: project(`groups: [{name: engineers-}]`), wantErrors: []string{"must be a DNS label"}},
		{name: "a group that is two labels", object: project(`groups: [{name: engineers.eu}]`), wantErrors: []string{"must be a DNS label"}},
		{name: "a group twice", object: project(`groups: [{name: a}, {name: b}, {name: a}]`), wantErrors: []string{`spec.groups[2]: Duplicate value`}},
		{name: "no group name", object: project(`groups: [{models: [x]}]`), wantErrors: []string{"spec.groups[0].name: Required"}},

		{name: "a user twice", object: users("alice", "bob", "alice"), wantErrors: []string{`spec.groups[0].users[2]: Duplicate value`}},
		{name: "a user twice but for case", object: users("alice", "bob", "Alice"), wantErrors: []string{"two users have the same name but for upper and lower case: they are one user, so list one of them"}},
		{name: "the same user in two groups", object: project(`groups: [{name: a, users: [{name: alice}]}, {name: b, users: [{name: alice}]}]`)},
		{name: "a user with a space", object: users("alice smith"), wantErrors: []string{"spec.groups[0].users[0].name: Invalid value"}},
		{name: "a user with a reserved word, which the label escapes", object: users("metrics@acme.example", "consumer")},
		{name: "no user name", object: users(""), wantErrors: []string{"spec.groups[0].users[0].name"}},

		{name: "a model with a space", object: project(`groups: [{name: a, models: ["gpt 4"]}]`), wantErrors: []string{"spec.groups[0].models[0]"}},
		{name: "a model with a wildcard in the middle", object: project(`groups: [{name: a, models: ["gpt*4"]}]`), wantErrors: []string{"spec.groups[0].models[0]"}},
		{name: "a model twice", object: project(`groups: [{name: a, models: [x, x]}]`), wantErrors: []string{"spec.groups[0].models[1]: Duplicate value"}},

		{name: "the same organization again", object: project(), old: project()},
		{
			name: "another organization", object: project(), old: strings.Replace(project(), "organization: acme", "organization: globex", 1),
			wantErrors: []string{"spec.organization: Invalid value", "a project cannot move to another organization"},
		},
		{name: "an organization that is no label", object: strings.Replace(project(), "organization: acme", "organization: a.b", 1), wantErrors: []string{"spec.organization"}},
	})
}

func users(names ...string) string {
	spec := []string{"groups:", "- name: engineers", "  users:"}
	for _, n := range names {
		spec = append(spec, fmt.Sprintf("  - name: %q", n))
	}
	return project(spec...)
}

func budget(lines string) string {
	return project("budget: {" + lines + "}")
}

func TestBudget(t *testing.T) {
	verdicts := []verdict{
		{name: "no limit", object: budget(`period: Monthly`), wantErrors: []string{"spec.budget.limit: Required"}},
		{name: "a limit that is a number", object: budget(`limit: 2000`), wantErrors: []string{"spec.budget.limit: Invalid value", "must be of type string"}},
		{name: "an unknown period", object: budget(`limit: "1", period: Yearly`), wantErrors: []string{"spec.budget.period: Unsupported value"}},
		{name: "an unknown enforcement", object: budget(`limit: "1", enforcement: Warn`), wantErrors: []string{"spec.budget.enforcement: Unsupported value"}},
		{name: "threshold 0", object: budget(`limit: "1", alertThresholds: [0]`), wantErrors: []string{"spec.budget.alertThresholds[0]", "should be greater than or equal to 1"}},
		{name: "threshold 101", object: budget(`limit: "1", alertThresholds: [50, 101]`), wantErrors: []string{"spec.budget.alertThresholds[1]", "should be less than or equal to 100"}},
		{name: "a threshold twice", object: budget(`limit: "1", alertThresholds: [50, 50]`), wantErrors: []string{"spec.budget.alertThresholds[1]: Duplicate value"}},
		{name: "a weekday in a month", object: budget(`limit: "1", anchor: {weekday: Monday}`), wantErrors: []string{"anchor.weekday goes with period: Weekly only"}},
		{name: "a weekday in a week", object: budget(`limit: "1", period: Weekly, anchor: {weekday: Monday}`)},
		{name: "an unknown weekday", object: budget(`limit: "1", period: Weekly, anchor: {weekday: monday}`), wantErrors: []string{"spec.budget.anchor.weekday: Unsupported value"}},
		{name: "a day of the month in a week", object: budget(`limit: "1", period: Weekly, anchor: {dayOfMonth: 2}`), wantErrors: []string{"anchor.dayOfMonth goes with period: Monthly only"}},
		{name: "day 32", object: budget(`limit: "1", anchor: {dayOfMonth: 32}`), wantErrors: []string{"should be less than or equal to 31"}},
		{name: "day 0", object: budget(`limit: "1", anchor: {dayOfMonth: 0}`), wantErrors: []string{"should be greater than or equal to 1"}},
	}
	for _, limit := range []string{"0", "0.15", "2000", "2000.00", "9000000", "9000000.00", "8999999.999999999", "0.000000001"} {
		verdicts = append(verdicts, verdict{name: "the limit " + limit, object: budget(fmt.Sprintf("limit: %q", limit))})
	}
	for _, limit := range []string{"", "1e3", "-1", "+1", "1,000", "$5", "5 USD", ".5", "5.", "00", "01", "0x10", "NaN", "Infinity", "1_000", " 1", "1\n", "0.0000000001", "٣"} {
		verdicts = append(verdicts, verdict{
			name: fmt.Sprintf("the limit %q", limit), object: budget(fmt.Sprintf("limit: %q", limit)), wantErrors: []string{"spec.budget.limit: Invalid value", decimal},
		})
	}
	for _, limit := range []string{"9000001", "9000000.000000001", "10000000", "100000000", "9000000.01"} {
		verdicts = append(verdicts, verdict{
			name: "the limit " + limit, object: budget(fmt.Sprintf("limit: %q", limit)), wantErrors: []string{"must be at most 9000000 dollars per window: give a larger budget a shorter period"},
		})
	}
	for _, zone := range []string{"UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+12", "EST5EDT"} {
		verdicts = append(verdicts, verdict{name: "the zone " + zone, object: budget(fmt.Sprintf(`limit: "1", timeZone: %q`, zone))})
	}
	for _, zone := range []string{"Local", "localtime", "posixrules", "Factory", "right/UTC", "posix/Europe/Berlin", "+01:00", "europe/berlin", "/etc/passwd", "../UTC", "Europe/Ber lin"} {
		verdicts = append(verdicts, verdict{
			name: "the zone " + zone, object: budget(fmt.Sprintf(`limit: "1", timeZone: %q`, zone)), wantErrors: []string{"must be an IANA time zone name such as Europe/Berlin or UTC"},
		})
	}
	checkVerdicts(t, "projects", verdicts)

	for _, at := range []string{
		`groups: [{name: a, budget: {limit: "1e3"}}]`, `groups: [{name: a, userBudget: {limit: "1e3"}}]`, `groups: [{name: a, users: [{name: alice, budget: {limit: "1e3"}}]}]`,
	} {
		checkVerdicts(t, "projects", []verdict{{name: "everywhere: " + at, object: project(at), wantErrors: []string{decimal}}})
	}
}

func TestDefaults(t *testing.T) {
	v := newValidator(t, "projects")
	obj := parse(t, budget(`limit: "2000"`))
	if errs := v.judge(t.Context(), obj, nil); len(errs) > 0 {
		t.Fatal(errs.ToAggregate())
	}
	got := obj["spec"].(map[string]any)["budget"].(map[string]any)
	for field, want := range map[string]string{"limit": "2000", "period": "Monthly", "timeZone": "UTC", "enforcement": "Block"} {
		if got[field] != want {
			t.Errorf("%s is %v, want %s", field, got[field], want)
		}
	}
}

// As many users as one group may have do not exhaust what CEL may cost.
func TestLargeProject(t *testing.T) {
	var b strings.Builder
	b.WriteString(project("groups:"))
	for g := range 5 {
		fmt.Fprintf(&b, "  - name: group-%d\n    users:\n", g)
		for u := range 2000 {
			fmt.Fprintf(&b, "    - {name: user-%04d@acme.example, budget: {limit: \"70.50\"}}\n", u)
		}
	}
	v := newValidator(t, "projects")
	if errs := v.judge(t.Context(), parse(t, b.String()), nil); len(errs) > 0 {
		t.Fatal(errs[0])
	}
}
