package baseline_test

import (
	"encoding/json"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	networking "tollgate.dev/tollgate/apis/higress/networking/v1"
)

// bridgeReasons are the reasons against a McpBridge, from the words of the
// rules and in plain Go.
func bridgeReasons(t *testing.T, by person, object map[string]any) []string {
	t.Helper()
	var bridge networking.McpBridge
	if err := json.Unmarshal(mustJSON(object), &bridge); err != nil {
		t.Fatal(err)
	}
	var reasons []string
	because := func(reason string, holds bool) {
		if holds {
			reasons = append(reasons, reason)
		}
	}
	because("only administrators and the controller write it", !by.keeper)
	because("only default counts, in the gateway's namespace", bridge.Name != "default" || bridge.Namespace != "higress-system")
	type service struct{ kind, name string }
	seen := map[service]bool{}
	for i, r := range bridge.Spec.Registries {
		owner := r.Metadata["tollgate.dev"].InnerMap["organization"]
		because("no registry of a kind that Higress has", !oneOf(r.Type, "nacos", "nacos2", "nacos3", "zookeeper", "consul", "eureka", "static", "dns"))
		because("a registry without a name", r.Name == "")
		raw := object["spec"].(map[string]any)["registries"].([]any)[i].(map[string]any)
		if raw["name"] != nil && raw["type"] != nil {
			because("two registries of one name", seen[service{r.Type, r.Name}])
			seen[service{r.Type, r.Name}] = true
		}
		texts := strings.Split(r.Domain, ",")
		for _, text := range texts {
			text = strings.TrimSpace(text)
			because("not an address of this kind", !fits(r.Type, text))
			reasons = append(reasons, leads(text, owner)...)
		}
		for _, list := range []string{r.NacosAddressServer, r.MCPServerBaseURL} {
			for _, text := range strings.Split(list, ",") {
				text = strings.TrimSpace(text)
				if text == "" || strings.HasPrefix(text, "/") && !strings.HasPrefix(text, "//") {
					continue
				}
				reasons = append(reasons, leads(text, owner)...)
			}
		}
	}
	for _, p := range bridge.Spec.Proxies {
		for _, text := range strings.Split(p.ServerAddress, ",") {
			if p.ServerAddress != "" {
				reasons = append(reasons, leads(strings.TrimSpace(text), "")...)
			}
		}
	}
	return reasons
}

// leads says why nothing may be sent to an address.
func leads(text, owner string) []string {
	host, ok := hostOf(text)
	if !ok {
		return []string{text + ": not in a plain form"}
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		if ip.Is6() && strings.Contains(host, ".") {
			return []string{text + ": an IPv4 address at the end of an IPv6 one"}
		}
		if why := wrongAddress(ip); why != "" {
			return []string{text + ": " + why}
		}
		return nil
	}
	if !resolvable(host) {
		return []string{text + ": no plain name"}
	}
	for _, name := range []string{
		"localhost", "metadata", "metadata.google.internal", "nip.io", "sslip.io", "xip.io", "localtest.me", "lvh.me", "vcap.me", "lacolhost.com",
		"rbndr.us", "1u.ms", "instance-data", "instance-data.ec2.internal", "rancher-metadata", "metadata.goog", "metadata.azure.internal",
		"metadata.azure.com", "metadata.tencentyun.com", "metadata.platformequinix.com", "metadata.packet.net", "localdomain",
		"localhost4", "localhost6", "ip6-localhost", "ip6-loopback", "broadcasthost", "host.docker.internal", "gateway.docker.internal",
		"host.containers.internal", "host.minikube.internal",
	} {
		if host == name || strings.HasSuffix(host, "."+name) {
			return []string{text + ": the machine, its cloud, or whatever the name says"}
		}
	}
	if host == "kubernetes.default" || strings.HasPrefix(host, "kubernetes.default.svc") {
		return []string{text + ": the API server"}
	}
	labels := strings.Split(host, ".")
	var namespaces []string
	for i, label := range labels {
		if i >= 2 && oneOf(label, "svc", "pod") {
			namespaces = append(namespaces, labels[i-1])
		}
	}
	if len(labels) == 2 {
		namespaces = append(namespaces, labels[1])
	}
	of := map[string]string{"acme-chat": "acme", "acme-data": "acme", "acme-corp-chat": "acme-corp"}
	for _, namespace := range namespaces {
		if o, owned := of[namespace]; owned && o != owner {
			return []string{text + ": a Service of another organization"}
		}
		if oneOf(namespace, "kube-system", "kube-public", "kube-node-lease") {
			return []string{text + ": the cluster's own"}
		}
	}
	return nil
}

// hostOf takes the host out of an address, if there is one way to read it.
func hostOf(text string) (string, bool) {
	if strings.ContainsAny(text, "@\\% \t\r\n\v\f") {
		return "", false
	}
	if scheme, rest, ok := strings.Cut(text, "//"); ok {
		if scheme == "" || strings.HasSuffix(scheme, ":") && schemeName(strings.TrimSuffix(scheme, ":")) {
			text = rest
		}
	}
	if end := strings.IndexAny(text, "/?#"); end >= 0 {
		text = text[:end]
	}
	if inner, ok := strings.CutPrefix(text, "["); ok {
		host, port, closed := strings.Cut(inner, "]")
		if !closed || port != "" && !(port[0] == ':' && digits(port[1:])) {
			return "", false
		}
		text = host
	} else if strings.Count(text, ":") == 1 {
		text, _, _ = strings.Cut(text, ":")
	}
	host := strings.TrimSuffix(strings.ToLower(text), ".")
	return host, host != ""
}

func digits(s string) bool { return strings.Trim(s, "0123456789") == "" }

func schemeName(s string) bool {
	for i, c := range strings.ToLower(s) {
		if (c < 'a' || c > 'z') && (i == 0 || (c < '0' || c > '9') && c != '+' && c != '-' && c != '.') {
			return false
		}
	}
	return s != ""
}

func wrongAddress(ip netip.Addr) string {
	switch {
	case ip.Zone() != "":
		return "an address with a zone"
	case ip.IsUnspecified(), ip.IsLoopback():
		return "the machine itself"
	case ip.IsLinkLocalUnicast():
		return "link-local"
	case ip.IsMulticast():
		return "multicast"
	}
	for _, block := range []string{
		"0.0.0.0/8", "224.0.0.0/3", "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32", // of no host, metadata
		"fec0::/10", "fd00:ec2::/32", "fd20:ce::254/128", "fd00:42::42/128", // site-local, metadata
		"::ffff:0:0/96", "::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", // IPv4 inside
	} {
		if netip.MustParsePrefix(block).Contains(ip) {
			return "inside " + block
		}
	}
	return ""
}

// resolvable is a DNS name that no resolver takes for a number.
func resolvable(host string) bool {
	if len(host) > 253 {
		return false
	}
	labels := strings.Split(host, ".")
	for i, label := range labels {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
		last := i == len(labels)-1
		if label[0] == '-' || strings.ContainsAny(label[len(label)-1:], "-_") && len(label) > 1 {
			return false
		}
		if last && (label[0] < 'a' || label[0] > 'z' || strings.Contains(label, "_")) {
			return false
		}
	}
	return true
}

// fits: what Higress takes for an address of a kind of registry.
func fits(kind, text string) bool {
	switch kind {
	case "":
		return true // there is another reason already
	case "dns":
		name := strings.ToLower(strings.TrimSuffix(text, "."))
		return strings.Contains(name, ".") && resolvable(name)
	case "static":
		colon := strings.LastIndexByte(text, ':')
		if colon < 0 {
			return false
		}
		host, port := text[:colon], text[colon+1:]
		if _, err := strconv.ParseUint(port, 10, 32); err != nil || !digits(port) || len(port) > 5 {
			return false
		}
		return host != "" && strings.Trim(host, "0123456789.") == "" ||
			len(host) > 2 && host[0] == '[' && host[len(host)-1] == ']' && strings.Trim(host[1:len(host)-1], "0123456789abcdefABCDEF:.%") == ""
	}
	return text != ""
}
