-- record: add spend that has no hold, to the windows open now.
-- KEYS: organization, project, group, user, open, due, cal, touched
-- ARGV: id, actual, keep in ms [, now in ms: tests only]

local id, actual, keep = ARGV[1], digits(ARGV[2], 9e15), digits(ARGV[3], 86400000)
if no_id(id) then return {'bad', 'id'} end
if not actual then return {'bad', 'actual'} end
if not keep or keep == 0 then return {'bad', 'keep'} end

local now, now_s = clock(ARGV[4])
local got, failure = read(id)
if not got then return failure end
if got[5] then
  local state, no, _, held = unpacked(got[5], id)
  if not state then return no end
  return {held and 'held' or 'dup'}
end

local levels = {}
for i = 1, 4 do
  local l, no = level(i, got[i], now_s)
  if not l then return no end
  l.s1, l.s0 = add(l.s1, l.s0, actual)
  levels[i] = l
end
return put(id, pack('<c1dd', 'r', actual, now + keep), now + keep, now, levels) or {'recorded'}
