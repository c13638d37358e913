package ledgers

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"
)

// Usage is the help text of --ledger.
const Usage = `A ledger, as NAME=URL or NAME=@FILE with the URL in the file; repeat for several. NAME is what Organization.spec.ledger.name says.
URL is redis://HOST:PORT/DB, rediss:// with TLS, or unix:///PATH for one Redis;
redis+sentinel://SENTINEL:PORT,SENTINEL:PORT/MASTER for Sentinel; redis+cluster://NODE:PORT,NODE:PORT for Cluster.
A user name may stand in the URL. A password may not, on the command line: put the URL in a file,
or the password into the environment as TOLLGATE_LEDGER_<NAME>_PASSWORD (with _ for -).`

// Config is one parsed --ledger.
type Config struct {
	Name    string
	options *redis.UniversalOptions
}

// String returns the name only: the address may hold a password.
func (c Config) String() string { return c.Name }

// GoString is String, for %#v.
func (c Config) GoString() string { return c.Name }

// ParseAll reads the values of --ledger. Getenv is os.Getenv.
func ParseAll(values []string, getenv func(string) string) ([]Config, error) {
	var all []Config
	var errs []error
	for _, v := range values {
		c, err := parse(v, getenv)
		switch {
		case err != nil:
			errs = append(errs, err)
		case slices.ContainsFunc(all, func(o Config) bool { return o.Name == c.Name }):
			errs = append(errs, fmt.Errorf("--ledger %s: given twice; give each ledger a name of its own", c.Name))
		default:
			all = append(all, c)
		}
	}
	return all, errors.Join(errs...)
}

// parse never puts the URL into an error: it may hold a password.
func parse(value string, getenv func(string) string) (Config, error) {
	name, address, ok := strings.Cut(value, "=")
	if !ok || !regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`).MatchString(name) {
		return Config{}, errors.New("--ledger: must be NAME=URL or NAME=@FILE, NAME of lower-case letters, digits and hyphens: --ledger default=redis://redis:6379")
	}
	fromFile := strings.HasPrefix(address, "@")
	if fromFile {
		raw, err := os.ReadFile(address[1:])
		if err != nil {
			return Config{}, fmt.Errorf("--ledger %s: reading the URL: %w", name, err)
		}
		address = strings.TrimSpace(string(raw))
	}
	u, hosts, err := parseURL(address)
	if err != nil {
		return Config{}, fmt.Errorf("--ledger %s: not a URL such as redis://redis:6379; nothing may follow the path", name)
	}
	if _, has := u.User.Password(); has && !fromFile {
		return Config{}, fmt.Errorf("--ledger %s: a password on the command line can be read by everybody on the machine: write the URL to a file and give --ledger %s=@FILE", name, name)
	}
	options, err := optionsOf(u, hosts)
	if err != nil {
		return Config{}, fmt.Errorf("--ledger %s: %w", name, err)
	}
	if password := getenv(PasswordVariable(name)); password != "" {
		options.Password = password
	}
	return Config{Name: name, options: options}, nil
}

// parseURL is url.Parse for a URL with several hosts, which are returned apart:
// package url takes a comma for part of a port.
func parseURL(address string) (u *url.URL, hosts string, err error) {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return nil, "", errors.New("no scheme")
	}
	authority, path, hasPath := strings.Cut(rest, "/")
	user, hosts := "", authority
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		user, hosts = authority[:at+1], authority[at+1:]
	}
	if hasPath {
		path = "/" + path
	}
	u, err = url.Parse(scheme + "://" + user + path)
	if err == nil && (u.RawQuery != "" || u.Fragment != "") {
		err = errors.New("parameters")
	}
	return u, hosts, err
}

// PasswordVariable is the environment variable with the password of a ledger.
func PasswordVariable(name string) string {
	return "TOLLGATE_LEDGER_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_")) + "_PASSWORD"
}
