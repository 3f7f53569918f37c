using Fulcrum.Torch.Interop;
using Xunit;

namespace Fulcrum.Torch.Tests;

/// <summary>How the native library's threads wait for each other.</summary>
public sealed class SpinningTests
{
    [Fact]
    public void The_native_library_is_told_to_spin_briefly_unless_the_user_said_how_to_wait()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "libgomp is what libtorch waits with on Linux alone");
        Libtorch.Ensure();

        string? wished = Environment.GetEnvironmentVariable("GOMP_SPINCOUNT"),
            policy = Environment.GetEnvironmentVariable("OMP_WAIT_POLICY");

        Assert.Equal(wished ?? (policy is null ? "5000" : null), Spinning.Now);
    }
}
