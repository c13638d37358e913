package baseline_test

import (
	"testing"

	"tollgate.dev/tollgate/rego/admission"
)

// FuzzMcpBridge holds the verdict on McpBridges against the oracle.
func FuzzMcpBridge(f *testing.F) {
	judge := gatewayJudge(f)
	for _, roll := range rolls(30) {
		f.Add(roll, "api.openai.com")
	}
	for _, address := range addresses() {
		f.Add([]byte{3}, address)
		f.Add([]byte{3, 0, 0, 0, 1}, address+":80")
	}
	f.Fuzz(func(t *testing.T, roll []byte, address string) { mcpBridge(t, judge, roll, address) })
}

// TestMcpBridgeOracle does the same with many objects that are the same each
// time.
func TestMcpBridgeOracle(t *testing.T) {
	judge := gatewayJudge(t)
	verdicts := map[bool]int{}
	for i, roll := range rolls(1500) {
		verdicts[mcpBridge(t, judge, roll, addresses()[i%len(addresses())])]++
	}
	if verdicts[true] < 50 || verdicts[false] < 200 {
		t.Errorf("allowed %d, refused %d: the objects are too much alike to show anything", verdicts[true], verdicts[false])
	}
}

func mcpBridge(t *testing.T, judge *admission.Judge, roll []byte, address string) (allowed bool) {
	d := &dice{rest: roll}
	by := people()[d.throw(len(people()))]
	if d.throw(2) == 0 {
		by = people()[3]
	}
	object := clean(t, newMcpBridge(d, address))
	verdict := verdictOf(t, judge, by, "networking.higress.io", "v1", object)
	hold(t, by, object, verdict, bridgeReasons(t, by, object))
	return verdict.Allowed()
}

// addresses are what people write, and what somebody tries who wants the
// gateway to call somewhere else.
func addresses() []string {
	return []string{
		"api.openai.com", "api.example.com", "API.Example.COM.", "10.0.0.7", "192.168.1.1", "203.0.113.9", "2001:db8::1", "[2001:db8::1]",
		"vllm.acme-chat.svc.cluster.local", "vllm.acme-chat.svc", "vllm.acme-chat", "web.acme-corp-chat.svc", "WEB.Acme-Corp-Chat.svc.cluster.local.", "web.acme-corp-chat", "10-0-0-1.acme-corp-chat.pod.cluster.local",
		"redis.data.svc.cluster.local", "redis.data", "kubernetes.default.svc", "kubernetes.default", "kube-dns.kube-system.svc.cluster.local", "kube-dns.kube-system", "KUBERNETES.default.svc.",
		"127.0.0.1", "127.8.9.1", "0.0.0.0", "0.1.2.3", "localhost", "LOCALHOST.", "a.localhost", "169.254.169.254", "169.254.1.1", "100.100.100.200", "224.0.0.1", "255.255.255.255",
		"::1", "[::1]", "::", "fe80::1", "FE80::1%eth0", "ff02::1", "fd00:ec2::254", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::1", "::ffff:10.0.0.1", "1::10.0.0.1",
		"2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "127.1", "017700000001", "127.0.0.01", "1.2.3", "0xa9fea9fe", "2852039166", "169.254.43518",
		"metadata.google.internal", "METADATA.google.internal.", "metadata", "x.metadata.google.internal", "127.0.0.1.nip.io", "169-254-169-254.sslip.io", "localtest.me",
		"user@127.0.0.1", "api.example.com@127.0.0.1", "api.example.com\\@127.0.0.1", "http://127.0.0.1/", "//127.0.0.1/x", "http://api.example.com/mcp", "api.example.com#127.0.0.1", "api.example.com/127.0.0.1",
		"api.example.com,127.0.0.1", "api.example.com, ::1", "127.0.0.1,api.example.com", "", " ", ",", "api example.com", "bücher.example", "１２７.0.0.1", "xn--bcher-kva.example", "/mcp-servers", "/../x",
	}
}

// newMcpBridge makes the gateway's bridge with one address in one place.
func newMcpBridge(d *dice, address string) map[string]any {
	metadata := map[string]any{
		"name":      d.of("default", "default", "default", "default", "second"),
		"namespace": d.of("higress-system", "higress-system", "higress-system", "higress-system", "acme-chat", "data"),
	}
	if d.rarely() {
		address += d.of(":80", ":443", ".", ",b.example", " ", "\n", ":", ":80:80")
	}
	registry := map[string]any{"name": "x", "type": d.of("dns", "dns", "nacos3", "static", "eureka", "etcd"), "domain": address, "port": 443}
	proxies := []any{}
	switch d.throw(10) {
	case 1:
		registry["type"], registry["domain"] = "nacos3", "nacos.example"
		registry["nacosAddressServer"] = address
	case 2:
		registry["type"], registry["domain"] = "nacos3", "nacos.example"
		registry["mcpServerBaseUrl"] = address
	case 3:
		registry["domain"] = "api.example.com"
		proxies = append(proxies, map[string]any{"type": "http", "name": "p", "serverAddress": address, "serverPort": 3128})
	case 4:
		registry["type"], registry["domain"] = "static", address+":6379"
	case 5:
		registry["type"], registry["domain"] = "dns", "api.openai.com,"+address
	}
	switch d.throw(5) {
	case 1:
		registry["metadata"] = map[string]any{"tollgate.dev": map[string]any{"innerMap": map[string]any{"organization": d.of("acme", "acme-corp", "nobody")}}}
	case 2:
		delete(registry, d.of("name", "type", "domain", "port"))
	}
	registries := []any{registry, map[string]any{"name": d.of("y", "x", "z"), "type": d.of("static", "dns"), "domain": "203.0.113.4:80", "port": 80}}
	if registries[1].(map[string]any)["type"] == "dns" {
		registries[1].(map[string]any)["domain"] = "b.example"
	}
	return map[string]any{
		"apiVersion": "networking.higress.io/v1", "kind": "McpBridge", "metadata": metadata,
		"spec": map[string]any{"registries": registries, "proxies": proxies},
	}
}
