module tollgate.dev/tollgate/test/bench/admission/turn

go 1.26.4
