using System.CommandLine;
using Fulcrum.Data.Hub;
using Spectre.Console;

namespace Fulcrum.Cli.Commands;

/// <summary><c>fulcrum login</c></summary>
internal static class LoginCommand
{
    public static Command Create()
    {
        Command verb = new(
            "login",
            "Store an access token for the hub. It is read without echo, or from standard input."
        );
        verb.SetAction(
            async (parsed, cancellation) =>
            {
                HubSettings settings = HubSettings.FromEnvironment();
                string owner = await HubLogin.StoreAsync(settings, Token(settings), cancellation);
                if (!parsed.GetValue(CommonOptions.Quiet))
                {
                    await Console.Error.WriteLineAsync(
                        $"fulcrum: the token of {owner} is stored in {settings.TokenPath}"
                    );
                }

                return 0;
            }
        );
        return verb;
    }

    private static string Token(HubSettings settings) =>
        Console.IsInputRedirected
            ? Console.In.ReadLine() ?? ""
            : AnsiConsole.Prompt(new TextPrompt<string>($"Token of {settings.Endpoint}:").Secret(null));
}
