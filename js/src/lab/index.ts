// The plugins of the extension; each does one thing and can be disabled by itself.
import commands from './commands_plugin';
import desks from './desks_plugin';
import notifications from './notifications_plugin';
import outputs from './outputs_plugin';
import panel from './panel_plugin';
import settings from './settings_plugin';
import sidebar from './sidebar_plugin';
import status from './status_plugin';
import tabs from './tabs_plugin';

export default [panel, desks, settings, sidebar, tabs, commands, status, notifications, outputs];
