-- expire: charge in full a hold whose deadline has passed, and forget what may
-- be forgotten. A tombstone names no user: pass the organization's key four times.
-- KEYS: organization, project, group, user, open, due
-- ARGV: id [, now in ms: tests only]

local id = ARGV[1]
if no_id(id) then return {'bad', 'id'} end

local now = clock(ARGV[2])
local got, failure = read(id)
if not got then return failure end

-- Takes the id out of `due`, which was not read, then out of the rest.
-- Returns an answer on failure.
local function forget()
  local r = try('ZREM', KEYS[6], id)
  if type(r) == 'table' then return failed(r, KEYS[6]) end
  call('HDEL', KEYS[5], id)
end

if not got[5] then return forget() or {'gone'} end
local state, amount, ms, w1, w2, w3, w4 = unpacked(got[5], id)
if not state then return amount end
if not w1 then
  if now < ms then return {'early'} end
  return forget() or {'forgotten'}
end
if got[5]:sub(50) ~= KEYS[4] then return {'mismatch'} end
if now < ms then return {'early'} end
-- An expired hold stays for ten minutes after its deadline, to be corrected.
local over = now >= ms + 600000
if state == 'x' then
  if not over then return {'early'} end
  return forget() or {'forgotten'}
end

failure = charge(got, id, 'x' .. got[5]:sub(2), w1, w2, w3, w4, amount, -amount, ms + 600000)
if failure then return failure end
if over then forget() end
return {'expired', amount}
