"""What every mapping of the configuration file shares."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Text = Annotated[str, StringConstraints(min_length=1, strict=True)]


class Section(BaseModel):
    """A mapping of the file. Unknown keys are refused: a typo must not turn a setting off."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
