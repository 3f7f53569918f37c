using System.CommandLine;

namespace Fulcrum.Cli;

/// <summary>Sentences for the user on standard error. Control characters of texts of others, such as a setting of an
/// adapter, are shown instead of sent.</summary>
internal static class Notices
{
    /// <summary>Prints a warning.</summary>
    public static void Warn(string warning) => Console.Error.WriteLine($"warning: {Printable.Line(warning)}");

    /// <summary>Prints a sentence.</summary>
    public static void Say(string sentence) => Console.Error.WriteLine($"fulcrum: {Printable.Line(sentence)}");

    /// <summary>Prints a sentence unless the command is to be quiet.</summary>
    public static void Say(ParseResult parsed, string sentence)
    {
        if (!parsed.GetValue(CommonOptions.Quiet))
        {
            Say(sentence);
        }
    }
}
