"""Settings come from rule classes, a file and the environment, and complain clearly."""

from pathlib import Path

import pytest

from voice_app.settings import InvalidSetting, Settings, list_settings, load_settings


def test_defaults_need_nothing() -> None:
    assert load_settings({}) == Settings()


def test_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("[server]\nport = 9000\nhost = '0.0.0.0'\n")

    settings = load_settings({"VOICE_APP_SETTINGS": str(file), "VOICE_APP_SERVER_PORT": "9001"})

    assert (settings.server.host, settings.server.port) == ("0.0.0.0", 9001)  # noqa: S104 - a value to read back


def test_data_folder_holds_models_speech_and_database(tmp_path: Path) -> None:
    settings = load_settings({"VOICE_APP_DATA_FOLDER": str(tmp_path)})

    assert settings.models_folder.parent == settings.speech_folder.parent == tmp_path
    assert str(tmp_path) in settings.database_url


def test_every_setting_is_listed_with_its_variable() -> None:
    lines = {line.environment for line in list_settings(Settings())}

    assert {"VOICE_APP_DATA_FOLDER", "VOICE_APP_SERVER_PORT", "VOICE_APP_ASSESSMENT_MAX_ITEMS"} <= lines


@pytest.mark.parametrize(
    ("text", "hint"),
    [("[server]\nprot = 1\n", "prot"), ("[sever]\nport = 1\n", "sever"), ("server = [", "cannot be read")],
)
def test_a_mistyped_file_is_named(tmp_path: Path, text: str, hint: str) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(text)

    with pytest.raises(InvalidSetting, match=hint):
        load_settings({"VOICE_APP_SETTINGS": str(file)})


def test_a_value_of_the_wrong_type_is_named() -> None:
    with pytest.raises(InvalidSetting, match="VOICE_APP_SERVER_PORT"):
        load_settings({"VOICE_APP_SERVER_PORT": "eighty"})
