# How long gpxpy and SpatiaLite take for the metres of tracks.
#
#   python3 positions-peers.py WHO ROUNDS < FIXES     WHO: gpxpy, gpxpy-file or spatialite; FIXES: vehicle, seconds, lon, lat, by vehicle and time
#
# gpxpy-file parses the GPX text, too. A track ends where nothing was heard for more than 300 s. Both have the fixes in memory before the time counts: gpxpy as points, of which it says
# length_2d() and get_moving_data(), SpatiaLite as rows of a table, of which it adds up great circles by a window function.
# Prints the median of the seconds and the metres.
import sqlite3
import statistics
import sys
import time

MAX_GAP = 300


def read():
    for line in sys.stdin:
        vehicle, seconds, lon, lat = line.split("\t")
        yield int(vehicle), float(seconds), float(lon), float(lat)


def gpxpy_tracks(parsed=False):
    from datetime import datetime, timezone
    from gpxpy import gpx

    tracks, last = [], (None, 0)
    for vehicle, seconds, lon, lat in read():
        if vehicle != last[0] or seconds - last[1] > MAX_GAP:
            tracks.append(gpx.GPXTrackSegment())
        when = datetime.fromtimestamp(seconds, timezone.utc)
        tracks[-1].points.append(gpx.GPXTrackPoint(lat, lon, time=when))
        last = (vehicle, seconds)

    file = gpx.GPX()
    for track in tracks:
        file.tracks.append(gpx.GPXTrack())
        file.tracks[-1].segments.append(track)
    text = file.to_xml() if parsed else ""

    def measure():
        if parsed:
            from gpxpy import parse

            read_tracks = [segment for track in parse(text).tracks for segment in track.segments]
        else:
            read_tracks = tracks
        for track in read_tracks:
            track.get_moving_data()
        return sum(track.length_2d() for track in read_tracks)

    return measure


def spatialite_rows():
    base = sqlite3.connect(":memory:")
    base.enable_load_extension(True)
    base.load_extension("mod_spatialite")
    base.execute("SELECT InitSpatialMetaDataFull(1)")
    base.execute("CREATE TABLE f (vehicle INTEGER, t REAL, lon REAL, lat REAL, PRIMARY KEY (vehicle, t)) WITHOUT ROWID")
    base.executemany("INSERT INTO f VALUES (?, ?, ?, ?)", read())
    statement = """SELECT vehicle, sum(ST_Length(MakeLine(MakePoint(lon0, lat0, 4326), MakePoint(lon, lat, 4326)), 0))
        FROM (SELECT vehicle, t, lon, lat, lag(t) OVER w AS t0, lag(lon) OVER w AS lon0, lag(lat) OVER w AS lat0 FROM f WINDOW w AS (PARTITION BY vehicle ORDER BY t))
        WHERE t - t0 <= ? GROUP BY vehicle"""

    def measure():
        return sum(metres for _, metres in base.execute(statement, (MAX_GAP,)))

    return measure


measure = {"gpxpy": gpxpy_tracks, "gpxpy-file": lambda: gpxpy_tracks(True), "spatialite": spatialite_rows}[sys.argv[1]]()
times = []
for _ in range(int(sys.argv[2])):
    begin = time.perf_counter()
    metres = measure()
    times.append(time.perf_counter() - begin)
print(f"{statistics.median(times):.6f}\t{metres:.3f}")
