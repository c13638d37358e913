package tollgate.lib.host_test

import data.tollgate.lib.host

test_normal if {
	host.normal("A.Example.") == "a.example"
	host.normal("*.A.example") == "*.a.example"
}

test_valid if {
	every text in ["a.example", "*.a.example", "xn--bcher-kva.example", "localhost"] {
		host.valid(text)
	}
	every text in ["", "*", "a..example", "*a.example", "a.*.example", "-a.example", "a.example.", "bücher.example", "a b", "A.example"] {
		not host.valid(text)
	}
}
