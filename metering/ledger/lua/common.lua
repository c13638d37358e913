-- Shared by every script of the ledger; docs/ledger.md is the contract.
-- Read and decide first, then write: an error in mid-script keeps what was
-- written before it.

local call, try, pack, parse = redis.call, redis.pcall, struct.pack, struct.unpack
local format, find, sub, byte, fmod = string.format, string.find, string.sub, string.byte, math.fmod

-- Amounts are nano-USD. Doubles are exact to 2^53, a little above MAX.
local MAX = 9000000000000000
-- A sum has two limbs, s = s1 * LIMB + s0, because sums of unlimited nodes pass 2^53.
local LIMB = 1000000000000
-- From 9*10^18 nano-USD on, a window takes no further hold: an int64 must hold s.
local FULL = 9000000
-- The longest hold, in ms.
local TTL_MAX = 600000
-- An expired hold can be corrected for this long after its deadline, in ms.
local GRACE = 600000
-- A tombstone may be kept for a day, in ms.
local KEEP_MAX = 86400000

-- start and end in seconds, s1, s0, h, last use in ms
local WINDOW = '<dddddd'
local WINDOW_BYTES = 48
-- state, amount, deadline in ms, the four window starts; the path follows
local HOLD = '<c1dddddd'
local HOLD_BYTES = 49
local TOMBSTONE = '<c1d'
local TOMBSTONE_BYTES = 9

-- The server's clock in ms, or the last argument of a test.
local function clock(given)
  if given then return tonumber(given) end
  local t = call('TIME')
  return t[1] * 1000 + (t[2] - t[2] % 1000) / 1000
end

-- An amount of digits only, or nil.
local function digits(s, most)
  if not s or #s > 16 or not find(s, '^%d+$') then return nil end
  local n = tonumber(s)
  if n > most then return nil end
  return n
end

local function good_id(id)
  return id and #id >= 8 and #id <= 128
end

-- s + n in two limbs; n may be negative.
local function add(s1, s0, n)
  s0 = s0 + n
  local low = fmod(s0, LIMB)
  if low < 0 then low = low + LIMB end
  return s1 + (s0 - low) / LIMB, low
end

-- s in digits; it may pass what a double holds exactly.
local function sum(s1, s0)
  if s1 == 0 then return format('%d', s0) end
  return format('%d%012d', s1, s0)
end

-- Whether these can be the sums of a window. Comparisons with NaN are false.
local function sane(s1, s0, h)
  return s1 >= 0 and s1 <= MAX and s0 >= 0 and s0 < LIMB and h >= 0 and h <= MAX and s0 % 1 == 0 and h % 1 == 0
end

-- The answer to a failed redis.pcall: a key of the wrong type is named,
-- anything else (out of memory, a replica) stays the error that it is.
local function failed(reply, key)
  if sub(reply.err, 1, 9) == 'WRONGTYPE' then return {'corrupt', key, ''} end
  return reply
end
