"""What people download: the menu of a track with each person's last choice, and all stems in one zip."""
