-- reserve: promise an amount at the four nodes of a path, or at none.
-- KEYS: organization, project, group, user, open, due, cal, touched
-- ARGV: id, amount, ttl in ms [, now in ms: tests only]
-- Answers with a list, or, having granted, with a string: Redis takes longer to
-- answer with a table than to write a window.

local id, amount, ttl = ARGV[1], digits(ARGV[2], 9e15), digits(ARGV[3], 600000)
if no_id(id) then return {'bad', 'id'} end
if not amount or amount == 0 then return {'bad', 'amount'} end
if not ttl or ttl == 0 then return {'bad', 'ttl'} end

local now, now_s = clock(ARGV[4])
local got, failure = read(id)
if not got then return failure end

if got[5] then
  -- The hold's answer was given before. What remains is read now, in the hold's
  -- own windows.
  local state, held, deadline, w1, w2, w3, w4 = unpacked(got[5], id)
  if not state then return held end
  if not w1 then return {'used'} end
  if got[5]:sub(50) ~= KEYS[4] then return {'mismatch'} end
  if state == 'x' then return {'used'} end
  local left = {-1, -1, -1, -1}
  for i, start in ipairs({w1, w2, w3, w4}) do
    local l = level(i, got[i], now_s)
    if l and l.start == start then left[i] = l.left end
  end
  return pack('<dddddddddd', held, deadline, w1, w2, w3, w4, unpack(left))
end

local levels = {}
for i = 1, 4 do
  local l, no = level(i, got[i], now_s, amount)
  if not l then return no end
  l.h = l.h + amount
  levels[i] = l
end
local l1, l2, l3, l4 = unpack(levels)
local deadline = now + ttl
local hold = pack('<c1ddddddc0', 'o', amount, deadline, l1.start, l2.start, l3.start, l4.start, KEYS[4])
failure = put(id, hold, deadline, now, levels)
if failure then return failure end
return pack('<dddddddddd', amount, deadline, l1.start, l2.start, l3.start, l4.start, l1.left, l2.left, l3.left, l4.left)
