using System.Reflection;

namespace Fulcrum.Torch.Tests;

/// <summary>The command <c>fulcrum</c> in this process. It redirects the console of the process, so classes that call
/// it form one collection, of the name of this class, or are in <see cref="Alone"/>.</summary>
internal static class Tool
{
    /// <returns>The exit code and what was printed.</returns>
    public static (int Code, string Output, string Error) Run(params string[] arguments) =>
        Capture(() => (int)Assembly.Load("Fulcrum.Cli").EntryPoint!.Invoke(null, [arguments])!);

    /// <returns>The result and what was printed.</returns>
    public static (int Code, string Output, string Error) Capture(Func<int> action)
    {
        using StringWriter printed = new(),
            said = new();
        (TextWriter output, TextWriter error) = (Console.Out, Console.Error);
        try
        {
            Console.SetOut(printed);
            Console.SetError(said);
            int code = action();
            return (code, printed.ToString(), said.ToString());
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(error);
        }
    }
}
