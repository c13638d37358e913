package ledgers

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func none(string) string { return "" }

// parsed is what tests compare of options.
type parsed struct {
	Addrs              []string
	DB                 int
	Master             string
	Cluster, TLS       bool
	Username, Password string
}

func TestParse(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "url")
	if err := os.WriteFile(file, []byte("rediss://tollgate:s3cret@redis.example:6380/2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := func(name string) string {
		if name == "TOLLGATE_LEDGER_ACME_EU_PASSWORD" {
			return "from-env"
		}
		return ""
	}
	tests := []struct {
		name, value string
		want        parsed
		refused     string
	}{
		{name: "single", value: "default=redis://redis:6379", want: parsed{Addrs: []string{"redis:6379"}}},
		{name: "default port", value: "default=redis://redis", want: parsed{Addrs: []string{"redis:6379"}}},
		{name: "database and user", value: "default=redis://tollgate@redis/3", want: parsed{Addrs: []string{"redis:6379"}, DB: 3, Username: "tollgate"}},
		{name: "IPv6", value: "default=redis://[::1]:6379", want: parsed{Addrs: []string{"[::1]:6379"}}},
		{name: "socket", value: "default=unix:///run/redis.sock", want: parsed{Addrs: []string{"/run/redis.sock"}}},
		{name: "file", value: "default=@" + file, want: parsed{Addrs: []string{"redis.example:6380"}, DB: 2, TLS: true, Username: "tollgate", Password: "s3cret"}},
		{name: "environment", value: "acme-eu=redis://redis", want: parsed{Addrs: []string{"redis:6379"}, Password: "from-env"}},
		{name: "sentinel", value: "default=redis+sentinel://a:26379,b/mymaster/1", want: parsed{Addrs: []string{"a:26379", "b:26379"}, Master: "mymaster", DB: 1}},
		{name: "cluster", value: "default=rediss+cluster://a:7000,b:7001", want: parsed{Addrs: []string{"a:7000", "b:7001"}, Cluster: true, TLS: true}},
		{name: "no name", value: "redis://redis", refused: "NAME=URL"},
		{name: "bad name", value: "Default=redis://redis", refused: "NAME=URL"},
		{name: "password on the command line", value: "default=redis://:s3cret@redis", refused: "--ledger default=@FILE"},
		{name: "no URL", value: "default=", refused: "not a URL"},
		{name: "other scheme", value: "default=http://s3cret", refused: "must begin with redis://"},
		{name: "not a host", value: "default=redis://s3cret\x7f", refused: "a host must be"},
		{name: "parameters", value: "default=redis://redis?password=s3cret", refused: "a host must be"},
		{name: "parameters behind the path", value: "default=redis://redis/0?password=s3cret", refused: "nothing may follow"},
		{name: "no host", value: "default=redis:///0", refused: "no host"},
		{name: "database", value: "default=redis://redis/zero", refused: "number of a database"},
		{name: "two hosts", value: "default=redis://a,b", refused: "redis+sentinel"},
		{name: "sentinel without a master", value: "default=redis+sentinel://a", refused: "master's name"},
		{name: "cluster with a database", value: "default=redis+cluster://a/1", refused: "leave the path out"},
		{name: "other kind", value: "default=redis+ring://a", refused: "sentinel or cluster"},
		{name: "missing file", value: "default=@/does/not/exist", refused: "no such file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			all, err := ParseAll([]string{tt.value}, env)
			if tt.refused != "" {
				if err == nil || !strings.Contains(err.Error(), tt.refused) || strings.Contains(err.Error(), "s3cret") {
					t.Errorf("got %v, want a refusal that says %q and holds no password", err, tt.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			o := all[0].options
			got := parsed{Addrs: o.Addrs, DB: o.DB, Master: o.MasterName, Cluster: o.IsClusterMode, TLS: o.TLSConfig != nil, Username: o.Username, Password: o.Password}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if text := fmt.Sprintf("%v %+v %#v %s", all, all[0], all, all[0]); strings.Contains(text, "s3cret") || strings.Contains(text, "from-env") {
				t.Errorf("a printed configuration shows the password: %s", text)
			}
			if !o.ContextTimeoutEnabled {
				t.Error("the deadline of a request is ignored")
			}
		})
	}
}

func TestEveryMistakeIsTold(t *testing.T) {
	t.Parallel()
	_, err := ParseAll([]string{"a=redis://a", "a=redis://b", "b=http://c", "c"}, none)
	for _, part := range []string{"--ledger a: given twice", "--ledger b:", "--ledger: must be"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v does not say %q", err, part)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("default", "redis://:hunter2@redis:6379/0")
	f.Add("x", "redis+sentinel://hunter2@a,b/m/1")
	f.Add("x", "redis://%zz:hunter2@a")
	f.Fuzz(func(t *testing.T, name, address string) {
		_, err := ParseAll([]string{name + "=" + address}, none)
		if err != nil && len(address) > 8 && !strings.HasPrefix(address, "@") && strings.Contains(err.Error(), address) {
			t.Errorf("the error holds the address: %v", err)
		}
	})
}
