using System.Reflection;

namespace Fulcrum.Torch.Tests;

/// <summary>The command <c>fulcrum</c> in this process.</summary>
internal static class Tool
{
    /// <returns>The exit code and what was printed.</returns>
    public static (int Code, string Output, string Error) Run(params string[] arguments)
    {
        using StringWriter printed = new(),
            said = new();
        (TextWriter output, TextWriter error) = (Console.Out, Console.Error);
        try
        {
            Console.SetOut(printed);
            Console.SetError(said);
            int code = (int)Assembly.Load("Fulcrum.Cli").EntryPoint!.Invoke(null, [arguments])!;
            return (code, printed.ToString(), said.ToString());
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(error);
        }
    }
}
