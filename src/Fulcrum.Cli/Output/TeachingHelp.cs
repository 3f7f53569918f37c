using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Fulcrum.Cli;

/// <summary>Help that ends with examples: commands that work as shown, with their purpose.</summary>
internal sealed class TeachingHelp(HelpAction usual) : SynchronousCommandLineAction
{
    /// <summary>Adds the examples after the usual help.</summary>
    public static void Into(RootCommand root)
    {
        foreach (HelpOption option in root.Options.OfType<HelpOption>())
        {
            option.Action = new TeachingHelp((HelpAction)option.Action!);
        }
    }

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        TextWriter output = parseResult.InvocationConfiguration.Output;
        int result = Usual(parseResult, output);
        if (Examples.Of(parseResult.CommandResult.Command) is { Count: > 0 } examples)
        {
            output.WriteLine("Examples:");
            foreach ((string what, string command) in examples)
            {
                output.WriteLine($"  # {what}");
                output.WriteLine($"  {command}");
            }

            output.WriteLine();
        }

        if (parseResult.CommandResult.Command is RootCommand)
        {
            output.WriteLine(
                "Exit codes: 0 done, 1 failed, 2 wrong usage or input, 3 refused by a guard or a requirement, "
                    + "130 interrupted."
            );
            output.WriteLine("'fulcrum VERB --help' shows the options of a verb and examples of its use.");
        }

        return result;
    }

    /// <summary>The usual help, but a list of verbs shows an argument that may be left out in brackets, as a verb's own
    /// help does.</summary>
    private int Usual(ParseResult parsed, TextWriter output)
    {
        using StringWriter text = new();
        parsed.InvocationConfiguration.Output = text;
        int result = usual.Invoke(parsed);
        parsed.InvocationConfiguration.Output = output;
        string help = text.ToString();
        foreach (
            Command verb in parsed.CommandResult.Command.Subcommands.Where(v =>
                v.Arguments is [{ Arity.MinimumNumberOfValues: 0 }]
            )
        )
        {
            string argument = $"{verb.Name} <{verb.Arguments[0].Name}>";
            help = help.Replace(
                $"  {argument}  ",
                $"  {verb.Name} [{verb.Arguments[0].Name}]  ",
                StringComparison.Ordinal
            );
        }

        output.Write(help);
        return result;
    }
}
