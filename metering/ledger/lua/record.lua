-- record: add spend that has no hold, to the windows open now.
-- KEYS: organization, project, group, user, holds, due, cal, touched
-- ARGV: id, actual, keep in ms, path [, now in ms: tests only]

local id, actual, keep, path = ARGV[1], digits(ARGV[2], 9e15), digits(ARGV[3], 86400000), ARGV[4]
if #id < 8 or #id > 128 then return {'bad', 'id'} end
if not actual then return {'bad', 'actual'} end
if not keep or keep == 0 then return {'bad', 'keep'} end
if path == '' or KEYS[4]:sub(-#path) ~= path then return {'bad', 'path'} end

local now, now_s = clock(ARGV[5])
local hold = try('HGET', KEYS[5], id)
if hold then
  if type(hold) == 'table' then return failed(hold, KEYS[5]) end
  local state = hold:sub(1, 1)
  if #hold == 9 and (state == 's' or state == 'r') then return {'dup'} end
  if #hold >= 50 and (state == 'o' or state == 'x') then return {'held'} end
  return {'corrupt', KEYS[5], id}
end

local levels = {}
for i = 1, 4 do
  local start, fin, s1, s0, h, last, limit, also, _, more = level(i, now_s)
  if not start then return fin end
  s1, s0 = add(s1, s0, actual)
  levels[i] = {more or false, start, fin, s1, s0, h, last, limit, also}
end
local begun = begin(id, pack('<c1d', 'r', actual), now, now + keep, path, levels[4][7])
if begun ~= true then return begun end
for i = 1, 4 do put(KEYS[i], now, unpack(levels[i])) end
return {'recorded'}
