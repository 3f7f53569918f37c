namespace Fulcrum;

/// <summary>A failure with a message for the user: one sentence that says what was wrong, where (file, line, value) and
/// what to do.</summary>
/// <remarks>The command line prints <see cref="Exception.Message"/> without a stack trace and ends with
/// <see cref="ExitCode"/>. Any other exception that reaches it is a defect of the program.</remarks>
public class FulcrumException(string message, Exception? cause = null) : Exception(Printable.Message(message), cause)
{
    /// <summary>The exit code of a command that ends with this failure; 1 unless a derived type says
    /// otherwise.</summary>
    public virtual int ExitCode => 1;
}

/// <summary>Wrong usage or wrong input (a model folder, a data set, a study, a line of a request file): exit code
/// 2.</summary>
public sealed class InputException(string message, Exception? cause = null) : FulcrumException(message, cause)
{
    /// <inheritdoc/>
    public override int ExitCode => 2;
}

/// <summary>A guard refused to measure or to conclude: exit code 3. The message names the guard and says how to
/// override it, if that is allowed.</summary>
public sealed class GuardException(string message) : FulcrumException(message)
{
    /// <inheritdoc/>
    public override int ExitCode => 3;
}
