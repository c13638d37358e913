package tollgate.baseline.mcpbridge_address_test

import data.tollgate.baseline.mcpbridge_address as policy
import data.tollgate.testing

dns(text) := testing.with_spec(testing.bridge, {"registries": [{"name": "x", "type": "dns", "domain": text, "port": 443}]})

test_ordinary_addresses_pass if {
	fields("Admin", testing.bridge) == set()
	every text in ["api.openai.com", "API.OpenAI.com.", "a.example,b.example", "redis.data.svc.cluster.local", "[2001:db8::1]:443", "2001:db8::1", "192.168.1.10:8080", "8.8.8.8", "xn--bcher-kva.example"] {
		fields("Admin", dns(text)) == set()
	}
}

test_forbidden_addresses if {
	every text in [
		"127.0.0.1", "127.1.2.3:80", "127.0.0.1.", "0.0.0.0", "169.254.169.254", "169.254.170.2:80", "100.100.100.200", "168.63.129.16", "192.0.0.192", "224.0.0.1", "255.255.255.255",
		"[::1]:80", "::1", "::", "[::]", "fe80::1", "[fec0::1]", "ff02::1", "fd00:ec2::254", "fd20:ce::254", "FD00:EC2::254", "0:0:0:0:0:0:0:1",
		"localhost", "LOCALHOST", "x.localhost", "localhost.", "metadata.google.internal", "metadata", "a.metadata.google.internal", "instance-data",
		"127.0.0.1.nip.io", "169-254-169-254.sslip.io", "localtest.me", "host.docker.internal",
		"good.example,169.254.169.254", "good.example, 127.0.0.1",
	] {
		fields("Admin", dns(text)) == {"spec.registries[0].domain"}
	}
}

test_unusual_forms if {
	every text in [
		"2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "127.1", "127.0.1", "017700000001", "127.0.0.0x1", "010.0.0.1", "256.1.1.1", "1.2.3.4.5",
		"::ffff:127.0.0.1", "[::ffff:7f00:1]", "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::", "fe80::1%eth0", "[::1", "::ffff:0:7f00:1",
		"http://user@good.example", "good.example\\@127.0.0.1", "good example", "", "a.example,", "１２７.0.0.1", "ⓛocalhost", "good.example/%2e",
	] {
		fields("Admin", dns(text)) == {"spec.registries[0].domain"}
	}
}

test_every_field if {
	fields("Admin", testing.with_spec(testing.bridge, {
		"registries": [
			{"name": "a", "type": "nacos", "domain": "nacos.example", "nacosAddressServer": "http://169.254.169.254/latest"},
			{"name": "b", "type": "nacos3", "domain": "nacos.example", "mcpServerBaseUrl": "http://127.0.0.1:8080/mcp"},
			{"name": "c", "type": "nacos3", "domain": "nacos.example", "mcpServerBaseUrl": "/mcp-servers", "nacosAddressServer": ""},
			{"name": "d", "type": "nacos3", "domain": "nacos.example", "mcpServerBaseUrl": "//localhost/mcp"},
			{"name": "e", "type": "static", "domain": "127.0.0.1:6379"},
		],
		"proxies": [{"name": "p", "type": "http", "serverAddress": "127.0.0.1", "serverPort": 3128}],
	})) == {
		"spec.registries[0].nacosAddressServer",
		"spec.registries[1].mcpServerBaseUrl",
		"spec.registries[3].mcpServerBaseUrl",
		"spec.registries[4].domain",
		"spec.proxies[0].serverAddress",
	}
}

fields(standing, written) := found if {
	found := testing.fields(policy.violation) with input as testing.ask("mcpbridge-address", standing, "CREATE", written)
}
