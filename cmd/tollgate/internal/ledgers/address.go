package ledgers

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// DefaultTimeout is how long a Redis may take to answer a command.
	DefaultTimeout = 3 * time.Second
	// dialTimeout is how long it may take to accept a connection, at least.
	dialTimeout = time.Second
	poolSize    = 32
	// A stale connection, left over from before Redis was restarted, is worth
	// one more try. Scripts are never retried by the client; see metering/ledger.
	retries = 1
)

// waiting sets how long the client of o waits for a command. A third of that is
// for the connection.
func waiting(o redis.UniversalOptions, timeout time.Duration) *redis.UniversalOptions {
	o.DialTimeout = max(dialTimeout, timeout/3)
	o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = timeout, timeout, timeout
	return &o
}

// optionsOf returns the client options of a URL and its hosts. Errors hold
// neither.
func optionsOf(u *url.URL, hosts string) (*redis.UniversalOptions, error) {
	o := &redis.UniversalOptions{
		ClientName: "tollgate",
		PoolSize:   poolSize,
		MaxRetries: retries,
		// Without it go-redis ignores the deadline of a request.
		ContextTimeoutEnabled: true,
	}
	o.Username = u.User.Username()
	o.Password, _ = u.User.Password()
	scheme, kind, _ := strings.Cut(u.Scheme, "+")
	switch scheme {
	case "redis":
	case "rediss":
		o.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	case "unix":
		if u.Path == "" {
			return nil, errors.New("unix:// needs the path of a socket")
		}
		o.Addrs = []string{u.Path}
		return o, nil
	default:
		return nil, errors.New("the URL must begin with redis://, rediss://, unix://, redis+sentinel:// or redis+cluster://")
	}
	addrs, err := addresses(hosts, kind)
	if err != nil {
		return nil, err
	}
	o.Addrs = addrs
	path := strings.Trim(u.Path, "/")
	switch kind {
	case "":
		if len(addrs) > 1 {
			return nil, errors.New("several hosts need redis+sentinel:// or redis+cluster://")
		}
		o.DB, err = database(path)
	case "cluster":
		o.IsClusterMode = true
		if path != "" {
			err = errors.New("a cluster has no database numbers; leave the path out")
		}
	case "sentinel":
		master, db, _ := strings.Cut(path, "/")
		if master == "" {
			return nil, errors.New("a Sentinel URL needs the master's name: redis+sentinel://sentinel:26379/mymaster")
		}
		o.MasterName = master
		o.DB, err = database(db)
	default:
		return nil, fmt.Errorf("%q is not known after redis+: use sentinel or cluster", kind)
	}
	return o, err
}

func database(text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, errors.New("the path must be the number of a database")
	}
	return n, nil
}

func addresses(hosts, kind string) ([]string, error) {
	port := "6379"
	if kind == "sentinel" {
		port = "26379"
	}
	var all []string
	for _, h := range strings.Split(hosts, ",") {
		if h == "" {
			return nil, errors.New("the URL has no host")
		}
		if strings.Trim(h, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:-_[]") != "" {
			return nil, errors.New("a host must be a name or an address with a port, and nothing may follow the path")
		}
		if _, _, err := net.SplitHostPort(h); err != nil {
			h = net.JoinHostPort(strings.Trim(h, "[]"), port)
		}
		all = append(all, h)
	}
	return all, nil
}
