"""The Worker as it is deployed, on workerd with real local stores, met over HTTP only."""
