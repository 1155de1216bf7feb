-- One row is one entity with coins, and the number that stands for it in led_gift.
-- grain: entity_no
-- for: speed
select distinct
    entity_no,
    entity
from led_viewer
