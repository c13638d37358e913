-- settle: turn a hold into what its request cost, in the hold's own windows.
-- KEYS: organization, project, group, user, open
-- ARGV: id, actual [, now in ms: tests only]
-- Answers with a list, or, having settled, with the amount that was charged.

local id, actual = ARGV[1], digits(ARGV[2], 9e15)
if no_id(id) then return {'bad', 'id'} end
if not actual then return {'bad', 'actual'} end

local got, failure = read(id)
if not got then return failure end
if not got[5] then return {'gone'} end
local state, amount, deadline, w1, w2, w3, w4 = unpacked(got[5], id)
if not state then return amount end
if not w1 then return amount end
if got[5]:sub(50) ~= KEYS[4] then return {'mismatch'} end

local spent, held = actual, -amount
if state == 'x' then
  -- It was charged in full; correct that, until its windows are final.
  if clock(ARGV[3]) >= deadline + 600000 then return {'gone'} end
  spent, held = actual - amount, 0
end
-- `due` stays as reserve wrote it, or expire.
return charge(got, id, pack('<c1dd', 's', actual, deadline + 60000), w1, w2, w3, w4, spent, held) or actual
