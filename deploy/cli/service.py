"""Calls to the services of a platform, here or elsewhere, with the key that each takes."""

import os
from pathlib import Path
from typing import Any

import requests

from deploy.local.driver import DriveError
from deploy.local.stack import running_services

API_KEY_VARIABLE = "NBA_PROPS_API_KEY"
_SECONDS = 600.0


class ServiceClient:
    """One service: its address and its key."""

    def __init__(self, url: str, key: str) -> None:
        self._url, self._key = url.rstrip("/"), key

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """The JSON that a GET answers. Raises DriveError when the service refuses or does not answer."""
        return self._call("GET", path, params=query)

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """The JSON that a POST answers. Raises DriveError when the service refuses or does not answer."""
        return self._call("POST", path, json=body)

    def _call(self, method: str, path: str, **details: Any) -> dict[str, Any]:
        headers = {"X-API-Key": self._key}
        try:
            response = requests.request(
                method, self._url + path, headers=headers, timeout=_SECONDS, allow_redirects=False, **details
            )
        except requests.RequestException as error:
            raise DriveError(f"{self._url} does not answer ({type(error).__name__}): is it up?") from None
        if not response.ok or response.is_redirect:
            raise DriveError(f"{self._url}{path}: {response.status_code} {_detail(response)}")
        return dict(response.json())


def _detail(response: requests.Response) -> str:
    try:
        return str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return response.text[:500]


def service(name: str, url: str | None, state: Path, variable: str = API_KEY_VARIABLE) -> ServiceClient:
    """A service at an address, with a key from the environment, or of the platform in a folder.

    Raises:
        DriveError: there is no key for the address.
        StackError: no platform runs in the folder.
    """
    if url is None:
        return ServiceClient(*running_services(state)[name])
    return ServiceClient(url, given_key(name, url, variable))


def given_key(name: str, url: str, variable: str = API_KEY_VARIABLE) -> str:
    """The key of a service at an address, from the environment. Raises DriveError when there is none."""
    key = os.environ.get(variable, "").strip()
    if not key:
        raise DriveError(f"set {variable} to a key of the {name} service at {url}")
    return key
