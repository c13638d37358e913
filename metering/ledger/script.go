package ledger

import (
	_ "embed"

	"github.com/redis/go-redis/v9"
)

// The scripts. Shared parts stand in files of their own and are put before the
// scripts that use them.
var (
	//go:embed lua/common.lua
	commonLua string
	//go:embed lua/levels.lua
	levelsLua string
	//go:embed lua/charge.lua
	chargeLua string
	//go:embed lua/reserve.lua
	reserveLua string
	//go:embed lua/reserve_usual.lua
	reserveUsualLua string
	//go:embed lua/settle_usual.lua
	settleUsualLua string
	//go:embed lua/settle.lua
	settleLua string
	//go:embed lua/expire.lua
	expireLua string
	//go:embed lua/record.lua
	recordLua string
	//go:embed lua/apply.lua
	applyLua string
)

// script is one script as Redis sees it.
type script struct {
	name string
	// short is the word for which an answer stands that is no list: a string or
	// an integer.
	short  string
	source string
	sha    string
}

func newScript(name string, parts ...string) *script {
	s := &script{name: name}
	for _, p := range parts {
		s.source += p
	}
	s.sha = redis.NewScript(s.source).Hash()
	return s
}

// scripts are all of them.
type scripts struct {
	reserve, settle, expire, record, apply *script
}

func newScripts() scripts {
	s := scripts{
		reserve: newScript("reserve", reserveUsualLua, commonLua, levelsLua, reserveLua),
		settle:  newScript("settle", settleUsualLua, commonLua, chargeLua, settleLua),
		expire:  newScript("expire", commonLua, chargeLua, expireLua),
		record:  newScript("record", commonLua, levelsLua, recordLua),
		apply:   newScript("apply", commonLua, applyLua),
	}
	s.reserve.short, s.settle.short = "granted", "settled"
	return s
}

// command builds EVALSHA, or EVAL when Redis does not know the script.
func (s *script) command(eval bool, keys []string, args []any) []any {
	all := make([]any, 0, 3+len(keys)+len(args))
	if eval {
		all = append(all, "eval", s.source)
	} else {
		all = append(all, "evalsha", s.sha)
	}
	all = append(all, len(keys))
	for i := range keys {
		all = append(all, &keys[i])
	}
	return append(all, args...)
}
