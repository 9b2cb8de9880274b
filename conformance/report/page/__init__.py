"""What `report.html` shows, worked out for its template: no markup here, and nothing decided there."""
