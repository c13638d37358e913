-- Windows of a hold, for settle and expire.
-- KEYS: organization, project, group, user, holds, due

-- Reads, at each level, the window of `starts` that a hold is in, and changes
-- it by `spent` and `held`, which may be negative. Returns the fields to write
-- and their values, or nil and the answer that says what is corrupt. A window
-- that was trimmed (only a clock that steps back gets there) is changed in T.
local function charged(starts, spent, held)
  local fields, values = {}, {}
  for i = 1, 4 do
    local key = KEYS[i]
    local w = try('HGET', key, 'w')
    if type(w) == 'table' then return nil, failed(w, key) end
    if not w or #w ~= WINDOW_BYTES then return nil, {'corrupt', key, 'w'} end
    local start, fin, s1, s0, h, last = parse(WINDOW, w)
    local field, before, after = 'w', '', ''
    if start ~= starts[i] then
      field = 'c'
      local c = call('HGET', key, 'c') or ''
      if #c % WINDOW_BYTES ~= 0 then return nil, {'corrupt', key, 'c'} end
      start = nil
      for at = #c - WINDOW_BYTES + 1, 1, -WINDOW_BYTES do
        if parse('<d', c, at) == starts[i] then
          start, fin, s1, s0, h, last = parse(WINDOW, c, at)
          before, after = sub(c, 1, at - 1), sub(c, at + WINDOW_BYTES)
          break
        end
      end
    end
    if start then
      if not sane(s1, s0, h) then return nil, {'corrupt', key, field} end
      s1, s0 = add(s1, s0, spent)
      h = h + held
      if s1 < 0 or h < 0 then return nil, {'corrupt', key, field} end
      w = pack(WINDOW, start, fin, s1, s0, h, last)
      if field == 'c' then w = before .. w .. after end
    else
      field = 'T'
      local t = call('HGET', key, 'T')
      if held ~= 0 or not t or #t ~= 16 then return nil, {'corrupt', key, 'T'} end
      s1, s0 = parse('<dd', t)
      if not sane(s1, s0, 0) then return nil, {'corrupt', key, 'T'} end
      s1, s0 = add(s1, s0, spent)
      if s1 < 0 then return nil, {'corrupt', key, 'T'} end
      w = pack('<dd', s1, s0)
    end
    fields[i], values[i] = field, w
  end
  return fields, values
end

local function write(fields, values)
  for i = 1, 4 do call('HSET', KEYS[i], fields[i], values[i]) end
end
