-- What scans nearly told now names its legs in a list; reports from before are kept for an hour and lose theirs.

UPDATE scans SET report = json_set(report, '$.nearest', json('[]')) WHERE report IS NOT NULL;
