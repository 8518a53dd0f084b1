"""The shared language of Klāt: statuses, scans, facts and bodies. No I/O, no project imports."""
