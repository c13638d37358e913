-- The usual settle: an open hold whose windows are all still open. Whatever else
-- there is falls through to the rest of the script, with nothing written.
do
  local call, try, pack, parse = redis.call, redis.pcall, struct.pack, struct.unpack
  local byte, find, sub = string.byte, string.find, string.sub
  local keys, args = KEYS, ARGV
  local k1, k2, k3, k4, open, id, actual = keys[1], keys[2], keys[3], keys[4], keys[5], args[1], args[2]
  local got = try('HMGET', open, id, k1, k2, k3, k4) -- an error has no elements
  local hold, w1, w2, w3, w4 = got[1], got[2], got[3], got[4], got[5]
  if hold and #hold == 49 + #k4 and byte(hold) == 111 and sub(hold, 50) == k4
    and actual and (find(actual, '^[1-9]%d*$') or actual == '0')
    and w1 and w2 and w3 and w4 and #w1 == 64 and #w2 == 64 and #w3 == 64 and #w4 == 64
  then
    actual = actual + 0
    local _, amount, deadline, from1, from2, from3, from4 = parse('<c1dddddd', hold)
    local start1, end1, a1, b1, h1, last1, m1, x1 = parse('<dddddddd', w1)
    local start2, end2, a2, b2, h2, last2, m2, x2 = parse('<dddddddd', w2)
    local start3, end3, a3, b3, h3, last3, m3, x3 = parse('<dddddddd', w3)
    local start4, end4, a4, b4, h4, last4, m4, x4 = parse('<dddddddd', w4)
    b1, b2, b3, b4 = b1 + actual, b2 + actual, b3 + actual, b4 + actual
    h1, h2, h3, h4 = h1 - amount, h2 - amount, h3 - amount, h4 - amount
    if actual <= 9e15
      and start1 == from1 and start2 == from2 and start3 == from3 and start4 == from4 and amount >= 0
      and deadline >= 0 and deadline < 1e13
      and a1 >= 0 and a2 >= 0 and a3 >= 0 and a4 >= 0 and a1 <= 9e15 and a2 <= 9e15 and a3 <= 9e15 and a4 <= 9e15
      and b1 >= actual and b2 >= actual and b3 >= actual and b4 >= actual
      and b1 < 1e12 and b2 < 1e12 and b3 < 1e12 and b4 < 1e12
      and h1 >= 0 and h2 >= 0 and h3 >= 0 and h4 >= 0 and h1 <= 9e15 and h2 <= 9e15 and h3 <= 9e15 and h4 <= 9e15
    then
      call('HSET', open, id, pack('<c1dd', 's', actual, deadline + 60000),
        k1, pack('<dddddddd', start1, end1, a1, b1, h1, last1, m1, x1),
        k2, pack('<dddddddd', start2, end2, a2, b2, h2, last2, m2, x2),
        k3, pack('<dddddddd', start3, end3, a3, b3, h3, last3, m3, x3),
        k4, pack('<dddddddd', start4, end4, a4, b4, h4, last4, m4, x4))
      return actual
    end
  end
end

