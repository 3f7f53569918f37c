using Fulcrum.Tasks.Spider.Sql;

namespace Fulcrum.Cli;

/// <summary>The SQL sandbox of a command; warns of items that could not be scored.</summary>
internal static class Sandbox
{
    /// <summary>Opens it; the caller disposes it.</summary>
    public static SqlSandbox Open()
    {
        SqlSandbox sandbox = SqlSandbox.Open();
        sandbox.Unscored = sentence => Console.Error.WriteLine($"warning: {sentence}");
        return sandbox;
    }
}
