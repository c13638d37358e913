-- Shared by every script of the ledger; docs/ledger.md is the contract.
--
-- Read and decide first, then write: an error in mid-script keeps what was
-- written before it.
--
-- A script is run anew for each request, so on the usual way each closure,
-- captured local, table and pattern costs, and so does a number as an argument
-- of redis.call (it is printed with %.17g); what is rare stands in branches.
-- Hence these numbers are written out: amounts are nano-USD up to 9e15, which
-- doubles hold exactly (2^53 is a little more). Sums of nodes without a limit
-- pass that, so a sum has two limbs, s = s1 * 1e12 + s0.
--
-- '<dddddddd', 64 bytes: a window: start and end in s, s1, s0, h, last use in
--   ms, the limit in force as `code` writes it, and `also`: of a group the limit
--   of its unlisted users, of such a user 1, else 0. These two repeat what other
--   fields say, so that the usual reserve reads no node.
-- '<c1ddddddc0', 49 bytes and a key: a hold: state ('o' open, 'x' expired),
--   amount, deadline in ms, the starts of its four windows, the user's key
-- '<c1dd', 17 bytes: a tombstone: state ('s' settled, 'r' recorded), amount, the
--   ms until which it is kept
--
-- They stand in one hash, KEYS[5]: a window under its node's key, which is why no
-- id may begin as keys do, the rest under the id. So one HMGET reads and one HSET
-- writes all of them; a call of Redis costs more than what is in it.

local call, try, pack, parse = redis.call, redis.pcall, struct.pack, struct.unpack

-- The server's clock in ms and in s, or the last argument of a test.
local function clock(given)
  if given then
    local ms = tonumber(given)
    return ms, (ms - ms % 1000) / 1000
  end
  local t = redis.call('TIME')
  local s, us = tonumber(t[1]), tonumber(t[2])
  return s * 1000 + (us - us % 1000) / 1000, s
end

-- Whether this cannot be an id. None may be taken for the key of a node.
local function no_id(id)
  return #id < 8 or #id > 128 or id:sub(1, 4) == 'tg:{'
end

-- An amount, which has digits only and no needless zeros, or nil.
local function digits(s, most)
  local n = tonumber(s)
  if not n or n > most or s:find('%D') or (s:byte() == 48 and s ~= '0') then return nil end
  return n
end

-- s1 and s0 after adding n, which may be negative.
local function add(s1, s0, n)
  s0 = s0 + n
  if s0 >= 0 and s0 < 1e12 then return s1, s0 end
  local low = math.fmod(s0, 1e12)
  if low < 0 then low = low + 1e12 end
  return s1 + (s0 - low) / 1e12, low
end

-- Whether these can be the sums of a window. Comparisons with NaN are false.
local function sane(s1, s0, h)
  return s1 >= 0 and s1 <= 9e15 and s0 >= 0 and s0 < 1e12 and h >= 0 and h <= 9e15
end

-- A limit as a number: Block is the amount, no limit -1, Alert and Throttle -2
-- less the amount, and 1e17 what is none; or nil when it cannot be read.
local function code(lim)
  if not lim then return 1e17 end
  if lim == '-' then return -1 end
  local kind, n = lim:byte(), tonumber(lim:sub(2))
  if not (n and n >= 0 and n <= 9e15) then return nil end
  if kind == 66 then return n end
  if kind == 65 or kind == 84 then return -2 - n end
  return nil
end

-- The answer to a failed redis.pcall: a key of the wrong type is named,
-- anything else (out of memory, a replica) stays the error that it is.
local function failed(reply, key)
  if reply.err:sub(1, 9) == 'WRONGTYPE' then return {'corrupt', key, ''} end
  return reply
end

-- The windows of the four nodes and what there is under the id, in this order,
-- or nil and an answer.
local function read(id)
  local got = try('HMGET', KEYS[5], KEYS[1], KEYS[2], KEYS[3], KEYS[4], id)
  if got.err then return nil, failed(got, KEYS[5]) end
  return got
end

-- The state, amount and third number of what there is under an id (a tombstone's
-- last ms, a hold's deadline), and a hold's four windows; or nil and an answer.
local function unpacked(held, id)
  local state, amount, ms, w1, w2, w3, w4 = held:sub(1, 1)
  if #held == 17 and (state == 's' or state == 'r') then
    state, amount, ms = parse('<c1dd', held)
  elseif #held >= 50 and (state == 'o' or state == 'x') then
    state, amount, ms, w1, w2, w3, w4 = parse('<c1dddddd', held)
  end
  if not (amount and amount >= 0 and amount <= 9e15 and ms >= 0 and ms < 1e13) then return nil, {'corrupt', KEYS[5], id} end
  return state, amount, ms, w1, w2, w3, w4
end
